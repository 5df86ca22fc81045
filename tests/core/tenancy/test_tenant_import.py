"""Importing a customer list: row by row, again and again, one bad row never sinking the rest."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Forbidden, NotFound, Retryable
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tax.vat_id import VatNumberFormat
from scaicontrol_core.tenancy import CollectionMethod, Partner, Tenant, TenantFilter, VatNumberState
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.tenant_rows import read_tenant_row
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.tenancy.use_cases.import_tenants import ImportReport, ImportTenants, RowOutcome, TenantList
from scaicontrol_core.tenancy.use_cases.list_tenants import ListTenants
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence
from scaicontrol_core.testing import MemoryUnitOfWorkFactory

HEADER = "tenant,company_name,city,country_code,vat_number,is_business,contact_email,subscribe,start_date"
LIST = f"""{HEADER}
c1,Bäckerei Schmidt GmbH,Köln,DE,DE136695976,true,rechnung@schmidt.example,scaikey.pro,2026-01-31
c2,Jan de Vries,Utrecht,NL,,false,jan@devries.example,,
c3,Kaputt GmbH,Bonn,DE,DE123456789,true,rechnung@kaputt.example,scaikey.pro,2026-02-28
c4,Boulangerie Dupont,Lyon,FR,FR 40 303 265 045,yes,facture@dupont.example,pack:growth,2026-03-30
"""


def rows(text: str = LIST) -> list[dict[str | None, Any]]:
    """Read a list as the command line does."""
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture
def load(call: Any, people: Any, operator: Partner) -> Any:
    """Import rows for the platform."""

    async def load(wanted: list[dict[str | None, Any]], **options: Any) -> ImportReport:
        return await call(ImportTenants)(people.platform, TenantList(rows=wanted, **options))  # type: ignore[no-any-return]

    return load


class TestAFirstImport:
    """What is sound goes in, what is not is told."""

    async def test_three_of_four_come_on_board(self, load: Any, world: MemoryUnitOfWorkFactory) -> None:
        report = await load(rows())
        assert (report.created, report.updated, report.unchanged) == (3, 0, 0)
        assert [row.external_reference for row in report.rows] == ["c1", "c2", "c4"]
        assert world.store.topics()[1:] == ("tenant.billing_linked.v1",) * 3

    async def test_the_bad_row_is_named_with_its_field_and_leaves_nothing_behind(
        self, load: Any, call: Any, people: Any
    ) -> None:
        (failure,) = (await load(rows())).failed
        assert (failure.row, failure.external_reference, failure.code) == (3, "c3", "vat_number_invalid")
        assert failure.fields[0].pointer == "/vat_number"
        assert "DE123456789" in failure.message
        page = await call(ListTenants)(people.platform, PageRequest(), TenantFilter(search="Kaputt"))
        assert page.total == 0

    async def test_what_each_subscribes_to_is_handed_on(self, load: Any) -> None:
        report = await load(rows())
        assert [(row.row, row.subscribe, row.start_date) for row in report.rows] == [
            (1, "scaikey.pro", date(2026, 1, 31)),
            (2, None, None),
            (4, "pack:growth", date(2026, 3, 30)),
        ]

    async def test_the_profile_is_complete(self, load: Any, call: Any, people: Any) -> None:
        report = await load(rows())
        profile: BillingProfile = await call(GetBillingProfile)(people.platform, report.rows[2].tenant_id)
        assert profile.details.vat_number == "FR40303265045"
        assert profile.details.is_business
        assert profile.vat_evidence.state is VatNumberState.NEVER_CHECKED

    async def test_a_dry_run_tells_the_same_and_writes_nothing(self, load: Any, world: MemoryUnitOfWorkFactory) -> None:
        before = (len(world.store.audit), len(world.store.outbox))
        rehearsal = await load(rows(), dry_run=True)
        assert (rehearsal.created, len(rehearsal.failed), rehearsal.dry_run) == (3, 1, True)
        assert (len(world.store.audit), len(world.store.outbox)) == before
        assert (await load(rows())).created == 3


class TestARepeat:
    """The external reference tells who is who."""

    async def test_the_same_list_changes_nothing(self, load: Any, world: MemoryUnitOfWorkFactory) -> None:
        first = await load(rows())
        before = (len(world.store.audit), len(world.store.outbox))
        second = await load(rows())
        assert (second.created, second.updated, second.unchanged) == (0, 0, 3)
        assert [row.tenant_id for row in second.rows] == [row.tenant_id for row in first.rows]
        assert (len(world.store.audit), len(world.store.outbox)) == before

    async def test_only_what_differs_is_updated(self, load: Any, world: MemoryUnitOfWorkFactory) -> None:
        await load(rows())
        report = await load(rows(LIST.replace("Lyon", "Paris").replace("DE123456789", "DE136695976")))
        assert [row.outcome for row in report.rows] == [
            RowOutcome.UNCHANGED,
            RowOutcome.UNCHANGED,
            RowOutcome.CREATED,
            RowOutcome.UPDATED,
        ]
        assert world.store.outbox[-1].data["changed_fields"] == ["city"]

    async def test_a_customer_named_twice_counts_once(self, load: Any) -> None:
        twice = f"{HEADER}\nc1,One,,NL,,true,,,\nc1,Two,,NL,,true,,,\n"
        for options in ({"dry_run": True}, {}):
            report = await load(rows(twice), **options)
            assert (report.created, len(report.failed)) == (1, 1)
            assert (report.failed[0].row, report.failed[0].code) == (2, "reference_repeated")


class TestAttestingAWholeList:
    """The operator may vouch for the numbers it brings along."""

    async def test_well_formed_numbers_count_as_valid(self, load: Any, call: Any, people: Any) -> None:
        report = await load(rows(), vat_attestation="Checked in the system we come from.")
        profiles = [await call(GetBillingProfile)(people.platform, row.tenant_id) for row in report.rows]
        assert [profile.vat_evidence.is_valid for profile in profiles] == [True, False, True]
        assert profiles[0].vat_evidence.source is VatEvidenceSource.OPERATOR_ATTESTED
        assert profiles[0].vat_evidence.note == "Checked in the system we come from."

    async def test_it_is_said_once(self, load: Any) -> None:
        await load(rows())
        assert (await load(rows(), vat_attestation="Checked.")).updated == 2
        assert (await load(rows(), vat_attestation="Checked.")).unchanged == 3

    @pytest.mark.usefixtures("set_up_by_hand")
    async def test_a_registers_no_is_not_talked_away(
        self, load: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        report = await load(rows())
        async with world.begin(people.platform) as work:
            profile = await work.billing_profiles.get(report.rows[0].tenant_id)
            profile.vat_evidence = VatNumberEvidence(state=VatNumberState.INVALID, source=VatEvidenceSource.VIES)
            await work.billing_profiles.save(profile)
            await work.commit()
        await load(rows(), vat_attestation="Checked.")
        profile = await call(GetBillingProfile)(people.platform, report.rows[0].tenant_id)
        assert profile.vat_evidence.state is VatNumberState.INVALID


class TestForWhom:
    """A reseller imports its own customers, and only those."""

    async def test_the_resellers_list_is_the_resellers(
        self, call: Any, people: Any, load: Any, reseller: Partner
    ) -> None:
        actor = people.reseller(reseller.id)
        await load(rows())
        report = await call(ImportTenants)(actor, TenantList(rows=rows()))
        assert report.created == 3  # the same references as the operator's, and nobody collides
        assert (await call(ListTenants)(actor, PageRequest())).total == 3

    async def test_the_platform_may_import_for_a_partner(
        self, load: Any, call: Any, people: Any, reseller: Partner
    ) -> None:
        await load(rows(), partner_id=reseller.id)
        assert (await call(ListTenants)(people.reseller(reseller.id), PageRequest())).total == 3

    async def test_an_unknown_partner_stops_it_all(self, load: Any) -> None:
        with pytest.raises(NotFound):
            await load(rows(), partner_id=PartnerId("prt_x"))

    async def test_a_customer_imports_nobody(self, call: Any, people: Any, customer: Tenant) -> None:
        for actor in (people.customer(customer, Role.TENANT_ADMIN), Actor.anonymous()):
            with pytest.raises(Forbidden):
                await call(ImportTenants)(actor, TenantList(rows=rows()))


class BusyDatabase:
    """Gives up the first so many writing units of work, as a cluster under load does."""

    def __init__(self, world: MemoryUnitOfWorkFactory, failures: int) -> None:
        self.world, self.failures = world, failures

    def begin(self, actor: Any, *, read_only: bool = False) -> Any:
        """Begin one, or give it up."""
        if not read_only and self.failures > 0:
            self.failures -= 1
            raise Retryable("The database gave up this transaction.")
        return self.world.begin(actor, read_only=read_only)


class TestWhatGoesWrongAround:
    """The database's doings are not the row's fault."""

    async def test_a_row_the_database_gave_up_is_tried_again(
        self, operator: Partner, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        load = ImportTenants(BusyDatabase(world, failures=3), world.clock, world.ids, VatNumberFormat())
        report = await load(people.platform, TenantList(rows=rows()))
        assert (report.created, len(report.failed)) == (3, 1)

    async def test_a_database_that_keeps_giving_up_stops_the_import(
        self, operator: Partner, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        load = ImportTenants(BusyDatabase(world, failures=99), world.clock, world.ids, VatNumberFormat())
        with pytest.raises(Retryable):
            await load(people.platform, TenantList(rows=rows()))


class TestReadingARow:
    """Every wrong cell of a row is named at once."""

    def test_all_columns(self) -> None:
        row = read_tenant_row(
            {
                "tenant": " c9 ",
                "name": "Short name",
                "company_name": "Long Name Ltd",
                "country_code": "uk",
                "collection_method": "charge_automatically",
                "leitweg_id": "04011000-12345-34",
                "tax_exempt": "0",
                "phone": None,
            }
        )
        assert (row.external_reference, row.name, row.details.country_code) == ("c9", "Short name", "GB")
        assert row.collection_method is CollectionMethod.CHARGE_AUTOMATICALLY
        assert not row.details.tax_exempt

    @pytest.mark.parametrize(
        ("cells", "pointers"),
        [
            ({}, ["/company_name", "/country_code", "/tenant"]),
            ({"tenant": "c", "company_name": "C", "country_code": "NL", "colour": "red"}, ["/colour"]),
            ({"tenant": "c", "company_name": "C", "country_code": "NL", None: ["surplus"]}, [""]),
            ({"tenant": "c", "company_name": "C", "country_code": "NL", "is_business": "maybe"}, ["/is_business"]),
            ({"tenant": "c", "company_name": "C", "country_code": "NL", "start_date": "31-01-2026"}, ["/start_date"]),
            (
                {"tenant": "c", "company_name": "C", "country_code": "NL", "collection_method": "cash"},
                ["/collection_method"],
            ),
            (
                {"tenant": "c", "company_name": "C", "country_code": "NLD", "contact_email": "c", "start_date": "soon"},
                ["/contact_email", "/country_code", "/start_date"],
            ),
        ],
        ids=["empty", "unknown column", "too long", "flag", "date", "method", "several"],
    )
    async def test_wrong_cells(self, load: Any, cells: dict[str | None, Any], pointers: list[str]) -> None:
        (failure,) = (await load([cells])).failed
        assert sorted(field.pointer for field in failure.fields) == pointers


async def test_the_ids_of_a_rehearsal_are_not_kept(load: Any, world: MemoryUnitOfWorkFactory, people: Any) -> None:
    report = await load(rows(), dry_run=True)
    async with world.begin(people.platform, read_only=True) as work:
        assert await work.tenants.get_many([TenantId(row.tenant_id) for row in report.rows]) == {}

"""Asking the register about customers: what is kept, who is asked again when, and what it never costs anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckedVatNumber, CheckVatNumber
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.tenancy.use_cases.list_vat_evidence import ListVatEvidence
from scaicontrol_core.tenancy.use_cases.recheck_vat_numbers import RecheckReport, RecheckVatNumbers
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord, VatEvidenceSource, VatNumberState
from scaicontrol_core.tenancy.vat_register import NoRegister, RegisterOff
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.register import MemoryRegister

ADMIN = Actor.system("check")
IRISH, GERMAN = "IE3507995F", "DE158950105"
EIRE: dict[str, Any] = {"company_name": "Emerald Ltd", "country_code": "IE", "vat_number": IRISH, "postal_code": "D02"}
RHEIN: dict[str, Any] = {
    "company_name": "Rhein GmbH",
    "country_code": "DE",
    "vat_number": GERMAN,
    "postal_code": "50667",
}
TOM, RHONA, REMO = TenantId("tnt_eire"), TenantId("tnt_rhein"), TenantId("tnt_roma")


@pytest.fixture
def register() -> MemoryRegister:
    """The register; at first it knows the Irish and the German customer."""
    return MemoryRegister(known={IRISH, GERMAN})


@pytest.fixture
async def town(register: MemoryRegister) -> MemoryWorld:
    """A Dutch seller with a Dutch, an Irish and a German customer."""
    world = await MemoryWorld.with_one_customer(vat_register=register)
    for tenant_id, details in ((TOM, EIRE), (RHONA, RHEIN)):
        await world.keep(builders.new_tenant(tenant_id), builders.new_profile(tenant_id, **details))
    return world


async def check(town: MemoryWorld, tenant_id: TenantId = TOM) -> CheckedVatNumber:
    return await town.use(CheckVatNumber)(ADMIN, tenant_id)


async def recheck(town: MemoryWorld, **options: Any) -> RecheckReport:
    return await town.use(RecheckVatNumbers)(ADMIN, **options)


async def profile(town: MemoryWorld, tenant_id: TenantId = TOM) -> BillingProfile:
    return await town.use(GetBillingProfile)(ADMIN, tenant_id)


async def history(town: MemoryWorld, tenant_id: TenantId = TOM) -> tuple[VatEvidenceRecord, ...]:
    return (await town.use(ListVatEvidence)(ADMIN, tenant_id, PageRequest())).items


class TestOneCheck:
    """Somebody wants to know now."""

    async def test_a_yes_is_kept_with_its_consultation_number(self, town: MemoryWorld) -> None:
        found = await check(town)
        evidence = found.profile.vat_evidence
        assert (evidence.state, evidence.source) == (VatNumberState.VALID, VatEvidenceSource.VIES)
        assert (evidence.reference, evidence.checked_at) == ("WAPI0001", town.clock.now())
        (record,) = await history(town)
        assert record == found.record
        assert (record.vat_number, record.requester, record.name) == (IRISH, "NL868355884B01", "Trader")
        assert record.raw == '{"valid": ...}'
        entry = town.store.audit[-1]
        assert (entry.action, entry.resource_id, entry.tenant_id) == ("vat_number.confirmed", TOM, TOM)

    async def test_a_no_is_kept_and_told(self, town: MemoryWorld, register: MemoryRegister) -> None:
        register.known.clear()
        assert (await check(town)).profile.vat_evidence.state is VatNumberState.INVALID
        assert town.store.audit[-1].action == "vat_number.refused"

    async def test_an_outage_makes_pending_of_what_nobody_knew(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        register.away.add("IE")
        found = await check(town)
        evidence = found.profile.vat_evidence
        assert (evidence.state, evidence.attempts, evidence.error_code) == (VatNumberState.PENDING, 1, "MS_UNAVAILABLE")
        assert evidence.first_asked_at == evidence.last_asked_at == town.clock.now()
        assert found.record is not None
        assert (found.record.state, found.record.error_code) == (VatNumberState.PENDING, "MS_UNAVAILABLE")

    async def test_an_outage_takes_no_yes_away(self, town: MemoryWorld, register: MemoryRegister) -> None:
        yes = (await check(town)).profile.vat_evidence
        register.away.add("*")
        town.clock.advance(days=2)
        silent = (await check(town)).profile.vat_evidence
        assert (silent.state, silent.checked_at, silent.reference) == (yes.state, yes.checked_at, yes.reference)
        assert silent.attempts == 1
        assert [each.state for each in await history(town)] == [VatNumberState.PENDING, VatNumberState.VALID]

    async def test_a_yes_that_became_a_no_is_told_to_the_seller(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        await check(town)
        register.known.clear()
        assert (await check(town)).profile.vat_evidence.state is VatNumberState.INVALID
        assert [entry.action for entry in town.store.audit][-2:] == ["vat_number.confirmed", "vat_number.refused"]

    async def test_a_register_that_refuses_us_is_not_the_buyers_fault(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        register.refuses_us = "VAT_BLOCKED"
        found = await check(town)
        assert found.profile.vat_evidence.state is VatNumberState.PENDING
        assert found.record is not None
        assert found.record.error_code == "VAT_BLOCKED"

    async def test_another_number_is_another_claim(self, town: MemoryWorld, register: MemoryRegister) -> None:
        await check(town)
        moved = builders.billing_details(**(EIRE | {"vat_number": "ie 6433435 F"}))
        register.known.add("IE6433435F")
        now = await town.use(SetBillingProfile)(ADMIN, TOM, moved)
        assert (now.vat_evidence.state, now.vat_evidence.as_typed) == (VatNumberState.NEVER_CHECKED, "ie 6433435 F")
        found = await check(town)
        assert found.record is not None
        assert (found.record.vat_number, found.record.as_typed) == ("IE6433435F", "ie 6433435 F")
        assert len(await history(town)) == 2

    async def test_what_the_register_cannot_know_is_not_asked(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        swiss: dict[str, Any] = {"country_code": "CH", "vat_number": "CHE123456788MWST"}
        await town.keep(builders.new_tenant(REMO), builders.new_profile(REMO, **swiss))
        with pytest.raises(Invalid) as refusal:
            await check(town, REMO)
        assert refusal.value.code == "vat_number_not_registrable"
        await town.use(SetBillingProfile)(ADMIN, REMO, builders.billing_details(vat_number=None))
        with pytest.raises(Invalid) as refusal:
            await check(town, REMO)
        assert refusal.value.code == "vat_number_missing"
        assert register.asked == []

    async def test_without_a_register_nothing_changes(self, town: MemoryWorld) -> None:
        town.ports["vat_register"] = NoRegister()
        before = town.store.revision
        with pytest.raises(RegisterOff):
            await check(town)
        assert await recheck(town, everybody=True) == RecheckReport()
        assert town.store.revision == before

    async def test_who_may_ask(self, town: MemoryWorld) -> None:
        customer = Actor.tenant_user("tom", TOM, OPERATOR_ID, Role.TENANT_ADMIN)
        reseller = Actor.partner_admin("rita", PartnerId("prt_other"))
        for use_case, rest in ((CheckVatNumber, ()), (ListVatEvidence, (PageRequest(),))):
            with pytest.raises(Forbidden):
                await town.use(use_case)(customer, TOM, *rest)  # type: ignore[operator]
            with pytest.raises(NotFound):
                await town.use(use_case)(reseller, TOM, *rest)  # type: ignore[operator]
        with pytest.raises(Forbidden):
            await town.use(RecheckVatNumbers)(customer)
        assert (await town.use(RecheckVatNumbers)(reseller, everybody=True)).answered == 0


class TestTheSellersOwnWord:
    """An attestation rests on other proof than the register."""

    async def test_it_is_kept_among_the_evidence(self, town: MemoryWorld) -> None:
        await town.use(AttestVatNumber)(ADMIN, TOM, Attestation(note="Extract seen.", reference="F-1"))
        (record,) = await history(town)
        assert (record.source, record.note, record.reference) == (
            VatEvidenceSource.OPERATOR_ATTESTED,
            "Extract seen.",
            "F-1",
        )

    async def test_neither_silence_nor_a_no_takes_it_back_and_a_yes_betters_it(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        attested = await town.use(AttestVatNumber)(ADMIN, TOM, Attestation(note="Extract seen."))
        register.away.add("IE")
        assert (await check(town)).profile.vat_evidence == attested.vat_evidence
        register.away.clear()
        register.known.clear()
        assert (await check(town)).profile.vat_evidence == attested.vat_evidence
        register.known.add(IRISH)
        assert (await check(town)).profile.vat_evidence.source is VatEvidenceSource.VIES
        states = [record.state.value for record in await history(town)]
        assert sorted(states) == ["invalid", "pending", "valid", "valid"]

    async def test_it_is_not_asked_about_again(self, town: MemoryWorld, register: MemoryRegister) -> None:
        await town.use(AttestVatNumber)(ADMIN, TOM, Attestation(note="Extract seen."))
        town.clock.advance(days=400)
        await recheck(town, everybody=True)
        assert [question.vat_number for question in register.asked] == [GERMAN]


class TestEverybodyWhoIsDue:
    """The job of every five minutes, and the one that looks at everybody."""

    async def test_only_numbers_that_decide_over_vat_are_asked_about(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        consumer = {"country_code": "IE", "is_business": False, "vat_number": IRISH}
        northern = {"country_code": "GB", "postal_code": "BT1 1AA", "vat_number": "XI123456782"}
        canary = {"country_code": "ES", "postal_code": "35001", "vat_number": "ESB69897551"}
        others: list[dict[str, Any]] = [consumer, northern, canary]
        for number, details in enumerate(others):
            tenant_id = TenantId(f"tnt_other{number}")
            await town.keep(builders.new_tenant(tenant_id), builders.new_profile(tenant_id, **details))
        report = await recheck(town)
        assert {question.vat_number for question in register.asked} == {IRISH, GERMAN}
        assert (report.answered, report.confirmed, report.silent, report.stopped) == (2, 2, 0, False)

    async def test_an_answer_is_good_for_a_day(self, town: MemoryWorld, register: MemoryRegister) -> None:
        await recheck(town)
        town.clock.advance(hours=23)
        assert (await recheck(town)).answered == 0
        town.clock.advance(hours=1)
        register.known.discard(GERMAN)
        report = await recheck(town)
        assert (report.answered, report.confirmed, report.refused) == (2, 0, 1)

    async def test_the_silent_are_asked_ever_less_often_and_the_others_not_kept_waiting(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        register.away.add("IE")
        await town.keep(builders.new_tenant(REMO), builders.new_profile(REMO, **(EIRE | {"vat_number": "IE6433435F"})))
        first = await recheck(town)
        assert (first.confirmed, first.silent) == (1, 2)
        asked = []
        for minutes in range(5, 24 * 60, 5):
            town.clock.advance(minutes=5)
            if (await recheck(town)).silent:
                asked.append(minutes)
        assert asked == [5, 35, 155, 875]

    async def test_what_was_not_asked_for_years_is_found_by_the_look_at_everybody(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        register.is_on = False
        town.clock.advance(days=700)
        register.is_on = True
        assert (await recheck(town)).answered == 0
        assert (await recheck(town, everybody=True)).answered == 2

    async def test_who_refuses_us_is_reported_and_left_in_peace(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        register.refuses_us = "IP_BLOCKED"
        report = await recheck(town)
        assert (report.refused_us, report.answered, report.refused) == (frozenset({"IP_BLOCKED"}), 0, 0)
        assert (await profile(town)).vat_evidence.state is VatNumberState.PENDING

    async def test_time_that_is_over_ends_the_run(self, town: MemoryWorld, register: MemoryRegister) -> None:
        assert (await recheck(town, seconds=0)).stopped
        assert register.asked == []

    async def test_a_number_that_was_edited_meanwhile_gets_no_answer_of_another(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        class Slow(MemoryRegister):
            async def check(self, question: Any) -> Any:
                details = builders.billing_details(**(EIRE | {"vat_number": "IE6433435F"}))
                if question.vat_number == IRISH:
                    await town.use(SetBillingProfile)(ADMIN, TOM, details)
                return await super().check(question)

        town.ports["vat_register"] = Slow(known=register.known)
        assert (await check(town)).record is None
        assert (await profile(town)).vat_evidence.state is VatNumberState.NEVER_CHECKED
        assert await history(town) == ()

    async def test_an_edit_of_something_else_meanwhile_keeps_both(
        self, town: MemoryWorld, register: MemoryRegister
    ) -> None:
        class Slow(MemoryRegister):
            async def check(self, question: Any) -> Any:
                moved = builders.billing_details(**(EIRE | {"city": "Cork"}))
                await town.use(SetBillingProfile)(ADMIN, TOM, moved)
                return await super().check(question)

        town.ports["vat_register"] = Slow(known=register.known)
        now = (await check(town)).profile
        assert (now.details.city, now.vat_evidence.is_valid) == ("Cork", True)


async def test_the_evidence_is_paged_newest_first(town: MemoryWorld, register: MemoryRegister) -> None:
    register.away.add("IE")
    for _ in range(3):
        await check(town)
        town.clock.advance(hours=1)
    first = await town.use(ListVatEvidence)(ADMIN, TOM, PageRequest(limit=2))
    rest = await town.use(ListVatEvidence)(ADMIN, TOM, PageRequest(limit=2, cursor=first.next_cursor))
    times = [record.asked_at for record in (*first.items, *rest.items)]
    assert times == sorted(times, reverse=True)
    assert (first.total, len(times), times[0] - times[-1]) == (3, 3, timedelta(hours=2))


async def test_a_domestic_number_may_be_checked_and_is_not_rechecked(
    town: MemoryWorld, register: MemoryRegister
) -> None:
    register.known.add("NL868966393B01")
    assert (await check(town, TENANT_ID)).profile.vat_evidence.is_valid

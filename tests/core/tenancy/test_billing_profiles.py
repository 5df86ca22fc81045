"""Billing profiles: who is invoiced, what is known of its VAT number, and who may say so."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, Stale
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.tenancy import EInvoiceFormat, Partner, Tenant, VatEvidenceSource, VatNumberState
from scaicontrol_core.tenancy.fields import ELECTRONIC_ADDRESS_SCHEMES, require_leitweg_id
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, builders


@pytest.fixture
def tom(people: Any, customer: Tenant) -> Actor:
    """The customer's own administrator."""
    return people.customer(customer, Role.TENANT_ADMIN)  # type: ignore[no-any-return]


class TestTheFirstProfile:
    """With it a tenant may buy."""

    async def test_the_customer_sets_its_own(
        self, call: Any, customer: Tenant, tom: Actor, operator: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        profile = await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        assert (profile.tenant_id, profile.partner_id, profile.version) == (customer.id, operator.id, 1)
        announced = world.store.outbox[-1]
        assert announced.topic == "tenant.billing_linked.v1"
        assert announced.idempotency_key == f"tenant:{customer.id}:billing_linked:1"
        assert announced.data["billing_profile"]["company_name"] == "Bakkerij Jansen B.V."
        seen = await call(GetBillingProfile)(tom, customer.id)
        assert seen.details == profile.details

    async def test_an_administrator_sets_it_for_the_customer(self, call: Any, people: Any, customer: Tenant) -> None:
        await call(SetBillingProfile)(people.platform, customer.id, builders.billing_details())
        assert (await call(GetBillingProfile)(people.platform, customer.id)).details.city == "Utrecht"

    async def test_there_is_none_before(self, call: Any, customer: Tenant, tom: Actor) -> None:
        with pytest.raises(NotFound) as missing:
            await call(GetBillingProfile)(tom, customer.id)
        assert missing.value.code == "billing_profile_not_found"

    async def test_nobody_sets_somebody_elses(
        self, call: Any, people: Any, customer: Tenant, reseller: Partner, nobody: TenantId
    ) -> None:
        details = builders.billing_details()
        for actor, tenant_id in ((people.reseller(reseller.id), customer.id), (people.platform, nobody)):
            with pytest.raises(NotFound) as missing:
                await call(SetBillingProfile)(actor, tenant_id, details)
            assert missing.value.code == "tenant_not_found"

    async def test_a_user_without_the_permission_does_not(self, call: Any, people: Any, customer: Tenant) -> None:
        for actor in (people.customer(customer), Actor.anonymous()):
            with pytest.raises(Forbidden):
                await call(SetBillingProfile)(actor, customer.id, builders.billing_details())
            with pytest.raises(Forbidden):
                await call(GetBillingProfile)(actor, customer.id)


class TestEditing:
    """The profile is replaced as a whole; what differs is announced."""

    async def test_changed_fields_are_named(
        self, call: Any, customer: Tenant, tom: Actor, world: MemoryUnitOfWorkFactory, clock: FixedClock
    ) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        clock.advance(hours=1)
        moved = builders.billing_details(address_line1="Coolsingel 1", city="Rotterdam")
        profile = await call(SetBillingProfile)(tom, customer.id, moved)
        announced = world.store.outbox[-1]
        assert announced.topic == "tenant.billing_updated.v1"
        assert announced.data["changed_fields"] == ["address_line1", "city"]
        assert announced.data["billing_profile"]["city"] == "Rotterdam"
        assert profile.updated_at == clock.now()
        assert world.store.audit[-1].details["changes"]["city"] == {"before": "Utrecht", "after": "Rotterdam"}

    async def test_the_same_again_announces_nothing(
        self, call: Any, customer: Tenant, tom: Actor, world: MemoryUnitOfWorkFactory
    ) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        before = (len(world.store.outbox), len(world.store.audit))
        same = builders.billing_details(vat_number="nl 8689.66.393 b01", company_name=" Bakkerij Jansen B.V. ")
        profile = await call(SetBillingProfile)(tom, customer.id, same)
        assert (len(world.store.outbox), len(world.store.audit)) == before
        assert profile.version == 1

    async def test_an_edit_of_an_old_version_is_stale(self, call: Any, customer: Tenant, tom: Actor) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details(), 0)
        with pytest.raises(Stale):
            await call(SetBillingProfile)(tom, customer.id, builders.billing_details(city="Delft"), 0)
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details(city="Delft"), 1)

    async def test_a_customer_does_not_exempt_itself_from_vat(
        self, call: Any, people: Any, customer: Tenant, tom: Actor
    ) -> None:
        exempt = builders.billing_details(tax_exempt=True)
        with pytest.raises(Forbidden) as refusal:
            await call(SetBillingProfile)(tom, customer.id, exempt)
        assert refusal.value.code == "tax_exempt_forbidden"
        await call(SetBillingProfile)(people.platform, customer.id, exempt)
        # What the seller has granted, the customer may repeat while it edits the rest, or give up.
        kept = await call(SetBillingProfile)(tom, customer.id, builders.billing_details(tax_exempt=True, city="Delft"))
        assert kept.details.tax_exempt
        given_up = await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        assert not given_up.details.tax_exempt
        with pytest.raises(Forbidden):
            await call(SetBillingProfile)(tom, customer.id, exempt)


class TestTheVatNumber:
    """Well formed on entry; what is known about it belongs to that number in that country."""

    async def test_a_broken_checksum_is_refused_and_nothing_written(
        self, call: Any, customer: Tenant, tom: Actor, world: MemoryUnitOfWorkFactory
    ) -> None:
        before = len(world.store.audit)
        broken = builders.billing_details(country_code="DE", vat_number="DE123456789")
        with pytest.raises(Invalid) as refusal:
            await call(SetBillingProfile)(tom, customer.id, broken)
        assert refusal.value.code == "vat_number_invalid"
        assert refusal.value.fields[0].pointer == "/vat_number"
        assert len(world.store.audit) == before

    async def test_a_number_of_another_country_is_refused(self, call: Any, customer: Tenant, tom: Actor) -> None:
        with pytest.raises(Invalid) as refusal:
            await call(SetBillingProfile)(tom, customer.id, builders.billing_details(country_code="BE"))
        assert refusal.value.code == "vat_number_country_mismatch"

    async def test_the_seller_may_vouch_for_it_with_a_reason(
        self,
        call: Any,
        people: Any,
        customer: Tenant,
        tom: Actor,
        clock: FixedClock,
        world: MemoryUnitOfWorkFactory,
    ) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        vouched = Attestation(note="Extract of the trade register seen.", reference="CRM-77")
        profile = await call(AttestVatNumber)(people.platform, customer.id, vouched)
        evidence = profile.vat_evidence
        assert (evidence.state, evidence.source) == (VatNumberState.VALID, VatEvidenceSource.OPERATOR_ATTESTED)
        assert (evidence.checked_at, evidence.reference) == (clock.now(), "CRM-77")
        entry = world.store.audit[-1]
        assert entry.action == "tenant.vat_number_attested"
        assert entry.details["changes"]["state"] == {"before": "never_checked", "after": "valid"}
        assert entry.user_id == "system:test"

    async def test_without_a_reason_or_a_number_there_is_nothing_to_vouch_for(
        self, call: Any, people: Any, customer: Tenant, tom: Actor
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            Attestation(note="  ")
        assert refusal.value.fields[0].pointer == "/note"
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details(vat_number=None))
        with pytest.raises(Invalid) as refusal:
            await call(AttestVatNumber)(people.platform, customer.id, Attestation(note="Trust me."))
        assert refusal.value.code == "vat_number_missing"

    async def test_a_customer_does_not_vouch_for_itself(self, call: Any, customer: Tenant, tom: Actor) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        with pytest.raises(Forbidden):
            await call(AttestVatNumber)(tom, customer.id, Attestation(note="We are real."))

    @pytest.mark.parametrize(
        "change",
        [
            {"vat_number": "NL868355884B01"},
            {"vat_number": None},
            {"country_code": "DE", "vat_number": "DE136695976"},
            {"country_code": "US", "vat_number": "NL868966393B01"},
        ],
        ids=["another number", "no number", "another country", "the same number abroad"],
    )
    async def test_another_claim_begins_without_evidence(
        self, call: Any, people: Any, customer: Tenant, tom: Actor, change: dict[str, Any]
    ) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        await call(AttestVatNumber)(people.platform, customer.id, Attestation(note="Seen."))
        profile = await call(SetBillingProfile)(tom, customer.id, builders.billing_details(**change))
        assert profile.vat_evidence.state is VatNumberState.NEVER_CHECKED
        assert profile.vat_evidence.note is None

    async def test_another_address_keeps_it(self, call: Any, people: Any, customer: Tenant, tom: Actor) -> None:
        await call(SetBillingProfile)(tom, customer.id, builders.billing_details())
        await call(AttestVatNumber)(people.platform, customer.id, Attestation(note="Seen."))
        profile = await call(SetBillingProfile)(tom, customer.id, builders.billing_details(city="Delft"))
        assert profile.vat_evidence.is_valid


class TestTheFields:
    """Each is checked on entry, and all wrong ones are named at once."""

    @pytest.mark.parametrize(
        ("field", "value", "pointer"),
        [
            ("company_name", "", "/company_name"),
            ("country_code", "XX", "/country_code"),
            ("contact_email", "jansen", "/contact_email"),
            ("preferred_language", "zz", "/preferred_language"),
            ("preferred_einvoice_format", "edifact", "/preferred_einvoice_format"),
            ("leitweg_id", "not-a-leitweg-id", "/leitweg_id"),
            ("peppol_scheme", "9999", "/peppol_scheme"),
            ("peppol_scheme", "0106", "/peppol_id"),
            ("peppol_id", "12345678", "/peppol_scheme"),
            ("buyer_reference", "x" * 101, "/buyer_reference"),
            ("is_business", None, "/is_business"),
            ("tax_exempt", "no", "/tax_exempt"),
            ("city", "Ut\x07recht", "/city"),
        ],
    )
    def test_a_wrong_field_is_named(self, field: str, value: Any, pointer: str) -> None:
        with pytest.raises(Invalid) as refusal:
            builders.billing_details(**{field: value})
        assert [each.pointer for each in refusal.value.fields] == [pointer]

    def test_blank_is_nothing(self) -> None:
        details = builders.billing_details(address_line2=" ", peppol_scheme="", preferred_einvoice_format="")
        assert details == builders.billing_details()

    def test_words_become_what_they_mean(self) -> None:
        details = builders.billing_details(
            country_code="uk", preferred_einvoice_format="xrechnung", peppol_scheme="em", peppol_id="a@b.nl"
        )
        assert (details.country_code, details.peppol_scheme) == ("GB", "EM")
        assert details.preferred_einvoice_format is EInvoiceFormat.XRECHNUNG

    @pytest.mark.parametrize(
        "leitweg_id",
        ["04011000-12345-34", "04011000-1234512345-06", "991-33333TEST-33", "992-90009-96", "05711-06001-79"],
    )
    def test_leitweg_ids_in_use_are_accepted(self, leitweg_id: str) -> None:
        assert require_leitweg_id(f" {leitweg_id.lower()} ", "/leitweg_id") == leitweg_id

    @pytest.mark.parametrize(
        "leitweg_id", ["", "1-2-3", "17011000-12345-34", "04011000", "04011000-12345-3", "04011000--34"]
    )
    def test_what_is_no_leitweg_id_is_refused(self, leitweg_id: str) -> None:
        with pytest.raises(Invalid) as refusal:
            require_leitweg_id(leitweg_id, "/leitweg_id")
        assert refusal.value.code == "leitweg_id_invalid"

    def test_the_address_schemes_are_those_of_the_standard(self) -> None:
        assert len(ELECTRONIC_ADDRESS_SCHEMES) == 104
        assert {"0088", "0106", "0190", "0204", "0208", "9930", "9944", "EM"} <= ELECTRONIC_ADDRESS_SCHEMES

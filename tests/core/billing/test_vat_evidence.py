"""What an invoice across a border rests on: proof that counts today, or VAT; and what happens once proof comes."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.list_vat_corrections import ListVatCorrections
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissueInvoice
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.billing.vat_corrections import CorrectionSearch, VatCorrection, charged_for_want_of_proof
from scaicontrol_core.kernel.errors import Conflict, Forbidden
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.tenancy.seller import UnverifiedVatNumberPolicy
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckVatNumber
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.register import MemoryRegister

TOM = TenantId("tnt_eire")
IRISH = "IE3507995F"
EIRE: dict[str, Any] = {
    "company_name": "Emerald Ltd",
    "country_code": "IE",
    "postal_code": "D02 XY00",
    "vat_number": IRISH,
    "preferred_language": "en",
}


@pytest.fixture
def register(books: Any) -> MemoryRegister:
    """The register, which knows the Irish customer."""
    known = MemoryRegister(known={IRISH})
    books.world.ports["vat_register"] = known
    return known


@pytest.fixture
async def tom(books: Any, register: MemoryRegister) -> TenantId:
    """An Irish business, whose seller is in the One Stop Shop."""
    await books.configure(oss_registered=True)
    return await books.customer(TOM, **EIRE)  # type: ignore[no-any-return]


async def check(books: Any) -> None:
    await books.world.use(CheckVatNumber)(books.admin, TOM)


async def corrections(books: Any, **options: Any) -> tuple[VatCorrection, ...]:
    return await books.world.use(ListVatCorrections)(books.admin, **options)  # type: ignore[no-any-return]


def judged(invoice: Invoice) -> tuple[str, str, bool]:
    """Return the category of an invoice, and the state of the evidence it rests on."""
    document = invoice.document or {}
    (entry,), evidence = document["vat_details"]["entries"], document["vat_details"]["evidence"]
    return entry["category"], evidence["state"], evidence["stale"]


class TestWhatCounts:
    """From one day to the next."""

    async def test_a_fresh_yes_carries_the_reverse_charge_and_its_number(self, books: Any, tom: TenantId) -> None:
        await check(books)
        invoice = await books.issue(tenant_id=tom)
        assert judged(invoice) == ("AE", "valid", False)
        assert (invoice.document or {})["vat_details"]["evidence"]["reference"] == "WAPI0001"

    async def test_an_exempt_business_gets_the_reverse_charge_unless_its_seller_prefers_the_exemption(
        self, books: Any, register: MemoryRegister
    ) -> None:
        await books.configure(oss_registered=True)
        tom = await books.customer(TOM, **EIRE, tax_exempt=True)
        await check(books)
        charged = await books.issue(tenant_id=tom)
        await books.configure(exempt_before_reverse_charge=True)
        exempt = await books.issue(tenant_id=tom)
        assert [judged(each)[0] for each in (charged, exempt)] == ["AE", "E"]

    async def test_a_yes_of_the_register_takes_the_place_of_an_attestation(self, books: Any, tom: TenantId) -> None:
        """It is the better proof, and ages from then on."""
        await books.world.use(AttestVatNumber)(books.admin, tom, Attestation(note="Extract seen.", reference="F-1"))
        await check(books)
        books.at(2026, 4, 1)
        assert judged(await books.issue(tenant_id=tom)) == ("S", "pending", False)

    async def test_an_outage_within_the_sellers_days_costs_nobody_anything_and_after_them_vat(
        self, books: Any, tom: TenantId, register: MemoryRegister
    ) -> None:
        await check(books)
        register.away.add("*")
        books.at(2026, 2, 1)
        await check(books)
        assert judged(await books.issue(tenant_id=tom)) == ("AE", "valid", True)
        books.at(2026, 2, 15)
        assert judged(await books.issue(tenant_id=tom)) == ("S", "pending", False)
        await books.configure(vat_evidence_valid_days=60)
        assert judged(await books.issue(tenant_id=tom)) == ("AE", "valid", True)

    async def test_a_no_affects_what_comes_after_it_only(
        self, books: Any, tom: TenantId, register: MemoryRegister
    ) -> None:
        await check(books)
        before = await books.issue(tenant_id=tom)
        register.known.clear()
        await check(books)
        assert judged(await books.issue(tenant_id=tom)) == ("S", "invalid", False)
        assert judged(books.stored(before.id)) == ("AE", "valid", False)

    async def test_the_sellers_word_does_not_age(self, books: Any, tom: TenantId) -> None:
        await books.world.use(AttestVatNumber)(books.admin, tom, Attestation(note="Extract seen."))
        books.at(2028, 1, 1)
        assert judged(await books.issue(tenant_id=tom)) == ("AE", "valid", False)


class TestHold:
    """A seller that would rather wait than charge."""

    async def test_an_unverified_number_keeps_the_draft_and_spends_no_number(
        self, books: Any, tom: TenantId, register: MemoryRegister
    ) -> None:
        await books.configure(unverified_vat_number_policy=UnverifiedVatNumberPolicy.HOLD)
        draft = await books.draft(tenant_id=tom)
        for _ in range(2):
            with pytest.raises(Conflict) as refusal:
                await books.finalize(draft.id)
            assert refusal.value.code == "vat_evidence_pending"
            assert "check-vat tnt_eire" in (refusal.value.hint or "")
            register.away.add("IE")
            await check(books)
        assert books.numbers() == []
        register.away.clear()
        await check(books)
        assert (await books.finalize(draft.id)).number == "SCAI-2026-000001"

    async def test_a_clear_no_is_charged_and_who_needs_no_proof_is_not_held(
        self, books: Any, tom: TenantId, register: MemoryRegister
    ) -> None:
        await books.configure(unverified_vat_number_policy=UnverifiedVatNumberPolicy.HOLD)
        register.known.clear()
        await check(books)
        assert judged(await books.issue(tenant_id=tom))[0] == "S"
        consumer = await books.customer("tnt_mary", country_code="IE", is_business=False, vat_number=None)
        assert (await books.issue(tenant_id=consumer)).number is not None
        assert (await books.issue()).number is not None

    async def test_a_run_names_whom_it_held_and_bills_the_others(
        self, books: Any, tom: TenantId, register: MemoryRegister
    ) -> None:
        await books.configure(unverified_vat_number_policy=UnverifiedVatNumberPolicy.HOLD)
        register.away.add("IE")
        await books.subscribe(tom)
        await books.subscribe()
        report = await books.run("2026-01")
        assert [(each.tenant_id, each.code) for each in report.totals.failures] == [(tom, "vat_evidence_pending")]
        assert report.totals.invoices == 1
        register.away.clear()
        books.at(2026, 1, 15, 18)
        assert (await books.run("2026-01")).totals.invoices == 1


class TestBeforeARun:
    """Whoever is about to be billed is asked about first."""

    async def test_the_buyers_of_the_run_are_verified(
        self, books: Any, tom: TenantId, register: MemoryRegister
    ) -> None:
        await books.customer("tnt_other", **(EIRE | {"vat_number": "IE6433435F"}))
        await books.subscribe(tom)
        await books.subscribe()
        await books.run("2026-01")
        assert [question.vat_number for question in register.asked] == [IRISH]
        (invoice,) = [each for each in books.invoices() if each.tenant_id == tom]
        assert judged(invoice) == ("AE", "valid", False)

    async def test_a_dry_run_asks_nobody(self, books: Any, tom: TenantId, register: MemoryRegister) -> None:
        await books.subscribe(tom)
        before = books.world.store.revision
        await books.run("2026-01", dry_run=True)
        assert (register.asked, books.world.store.revision) == ([], before)

    async def test_an_outage_does_not_stop_it(self, books: Any, tom: TenantId, register: MemoryRegister) -> None:
        register.away.add("*")
        await books.subscribe(tom)
        assert (await books.run("2026-01")).totals.invoices == 1
        (invoice,) = books.invoices()
        assert judged(invoice) == ("S", "pending", False)

    async def test_the_patience_of_a_run_ends(self, books: Any, tom: TenantId, register: MemoryRegister) -> None:
        class Slow(MemoryRegister):
            async def check_many(self, questions: Any, *, seconds: int) -> Any:
                books.world.clock.advance(minutes=3)
                assert seconds <= 30
                return await super().check_many(questions, seconds=seconds)

        slow = books.world.ports["vat_register"] = Slow(known=register.known)
        for number in range(2):
            tenant_id = await books.customer(f"tnt_z{number}", **EIRE)
            await books.subscribe(tenant_id)
        report = await books.run("2026-01")
        assert (report.totals.invoices, len(slow.asked)) == (2, 2)


class TestOfferedBack:
    """An outage at the first sale: charged, proven, offered."""

    @pytest.fixture
    async def charged(self, books: Any, tom: TenantId, register: MemoryRegister) -> Invoice:
        """An invoice with VAT, for the register was away."""
        register.away.add("IE")
        await check(books)
        invoice: Invoice = await books.issue(tenant_id=tom)
        assert judged(invoice) == ("S", "pending", False)
        assert invoice.tax_cents > 0
        register.away.clear()
        return invoice

    async def test_once_proven_it_is_offered(self, books: Any, charged: Invoice) -> None:
        assert await corrections(books) == ()
        books.at(2026, 1, 16)
        await check(books)
        (offer,) = await corrections(books)
        assert (offer.invoice_id, offer.number, offer.tenant_id) == (charged.id, charged.number, TOM)
        assert (offer.net_cents, offer.tax_cents, offer.credited_cents) == (charged.net_cents, charged.tax_cents, 0)
        assert (offer.vat_number, offer.source, offer.reference) == (IRISH, "vies", "WAPI0002")
        assert offer.proven_at == books.world.clock.now()

    async def test_credited_and_issued_anew_it_bears_no_vat_and_is_offered_no_more(
        self, books: Any, charged: Invoice
    ) -> None:
        await check(books)
        anew = await books.world.use(ReissueInvoice)(books.admin, charged.id, "The number was proven.", finalize=True)
        assert judged(anew.invoice) == ("AE", "valid", False)
        assert (anew.invoice.net_cents, anew.invoice.tax_cents) == (charged.net_cents, 0)
        assert anew.credit_note.tax_cents == -charged.tax_cents
        assert await corrections(books) == ()

    async def test_what_is_no_offer(self, books: Any, charged: Invoice, register: MemoryRegister) -> None:
        await check(books)
        consumer = await books.customer("tnt_mary", country_code="IE", is_business=False, vat_number=None)
        await books.issue(tenant_id=consumer)
        await books.issue(tenant_id=TOM)
        await books.issue()
        assert [offer.number for offer in await corrections(books)] == [charged.number]
        books.at(2027, 6, 1)
        assert await corrections(books) == ()
        await check(books)
        assert await corrections(books) == ()
        assert len(await corrections(books, since=charged.issue_date)) == 1

    async def test_another_number_proves_nothing_for_this_one(
        self, books: Any, charged: Invoice, register: MemoryRegister
    ) -> None:
        register.known.add("IE6433435F")
        async with books.world.work.begin(books.admin) as work:
            profile = await work.billing_profiles.get(TOM)
            moved = builders.billing_details(**(EIRE | {"vat_number": "IE6433435F"}))
            profile.change(moved, books.world.clock.now())
            await work.billing_profiles.save(profile)
            await work.commit()
        await check(books)
        assert await corrections(books) == ()

    async def test_a_void_invoice_is_not_offered(self, books: Any, charged: Invoice) -> None:
        await check(books)
        await books.world.use(VoidInvoice)(books.admin, charged.id, "Sent to the wrong office.")
        assert await corrections(books) == ()

    async def test_what_was_credited_in_full_is_not_offered_and_in_part_is(self, books: Any, charged: Invoice) -> None:
        await check(books)
        document = charged.document or {}
        net = document["totals"]["net_cents"]
        for credited, left in ((1, True), (net - 1, True), (net, False)):
            search = CorrectionSearch(standard_rates())
            note = {
                "document_type": "credit_note",
                "referenced_number": charged.number,
                "totals": {"net_cents": -credited},
            }
            search.add(charged.id, document)
            search.add(InvoiceId("inv_note"), note)
            assert (search.invoice_ids == (charged.id,)) is left

    async def test_documents_that_kept_nothing_cannot_tell(self, charged: Invoice) -> None:
        document = charged.document or {}
        assert charged_for_want_of_proof(document, standard_rates())
        for name in ("inputs", "evidence"):
            details = document["vat_details"] | {name: None}
            assert not charged_for_want_of_proof(document | {"vat_details": details}, standard_rates())

    async def test_who_may_ask(self, books: Any, charged: Invoice) -> None:
        customer = Actor.tenant_user("tom", TOM, PartnerId("prt_operator"), Role.TENANT_ADMIN)
        with pytest.raises(Forbidden):
            await books.world.use(ListVatCorrections)(customer)

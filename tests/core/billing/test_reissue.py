"""An invoice is written anew: credited in full and charged again, on what is known today."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.errors import InvoiceFullyCredited, NotCreditable, VatEvidencePending
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissuedInvoice, ReissueInvoice
from scaicontrol_core.kernel.errors import CommitUnknown, Forbidden
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.tenancy.seller import UnverifiedVatNumberPolicy
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.testing.faults import FaultyWork

IRISH: dict[str, Any] = {
    "company_name": "Emerald Ltd",
    "country_code": "IE",
    "postal_code": "D02 XY00",
    "vat_number": "IE3507995F",
    "preferred_language": "en",
}
TOM = TenantId("tnt_eire")


async def reissue(books: Any, invoice: Invoice, *, finalize: bool = True, **ports: Any) -> ReissuedInvoice:
    use_case = books.world.use(ReissueInvoice, **ports)
    return await use_case(books.admin, invoice.id, "VAT number verified", finalize=finalize)  # type: ignore[no-any-return]


async def prove(books: Any) -> None:
    proof = Attestation(reference="letter", note="Certificate of the Irish Revenue")
    await books.world.use(AttestVatNumber)(books.admin, TOM, proof)


@pytest.fixture
async def charged(books: Any) -> Invoice:
    """An invoice that bears Irish VAT for want of proof."""
    await books.configure(oss_registered=True)
    await books.customer(TOM, **IRISH)
    invoice: Invoice = await books.issue(tenant_id=TOM)
    assert invoice.tax_cents == 8625
    return invoice


async def test_vat_charged_for_want_of_proof_is_given_back_once_the_number_is_proven(
    books: Any, charged: Invoice, validate: Any
) -> None:
    books.at(2026, 2, 20)
    await prove(books)
    done = await reissue(books, charged)
    for made in (done.credit_note, done.invoice):
        validate(made.document)
    assert (done.credit_note.number, done.credit_note.gross_cents) == ("SCAI-CN-2026-000001", -charged.gross_cents)
    assert (done.invoice.number, done.invoice.net_cents, done.invoice.tax_cents) == ("SCAI-2026-000002", 37500, 0)
    document = done.invoice.document or {}
    assert document["vat_details"]["entries"][0]["category"] == "AE"
    assert document["lines"][0]["supply_date"] == "2026-01-15"
    assert document["issue_date"] == "2026-02-20"
    assert books.stored(charged.id).open_cents == 0
    assert await books.faults() == []


async def test_without_a_word_it_stays_a_draft_to_be_edited(books: Any, charged: Invoice) -> None:
    done = await reissue(books, charged, finalize=False)
    assert (done.invoice.is_draft, done.invoice.net_cents) == (True, 37500)
    await books.edit(done.invoice.id, notes="In place of the first.")
    assert (await books.finalize(done.invoice.id)).number == "SCAI-2026-000002"


async def test_only_what_is_left_is_written_anew(books: Any, charged: Invoice) -> None:
    first = NewCreditNote(reason="Agreed", lines=(LineCredit(position=1, net_cents=7500),))
    await books.world.use(IssueCreditNote)(books.admin, charged.id, first)
    done = await reissue(books, charged)
    assert (done.credit_note.net_cents, done.invoice.net_cents) == (-30000, 30000)
    with pytest.raises(InvoiceFullyCredited):
        await reissue(books, charged)


async def test_lines_come_back_as_they_were_discounts_too(books: Any) -> None:
    half = LineInput(description="Half", quantity="-0.5", unit_price_cents="333", unit_code="HUR")
    invoice = await books.issue(LineInput(description="Whole", unit_price_cents="1000"), half, notes="Thanks")
    done = await reissue(books, invoice)
    old, new = invoice.document or {}, done.invoice.document or {}
    assert (new["lines"], new["totals"], new["notes"]) == (old["lines"], old["totals"], old["notes"])


async def test_if_it_can_not_be_numbered_nothing_is_credited(books: Any, charged: Invoice) -> None:
    await books.configure(unverified_vat_number_policy=UnverifiedVatNumberPolicy.HOLD)
    with pytest.raises(VatEvidencePending):
        await reissue(books, charged)
    assert books.numbers() == [charged.number]
    assert books.stored(charged.id).credited.note_ids == ()


async def test_a_draft_is_not_written_anew_nor_by_a_stranger(books: Any, charged: Invoice) -> None:
    with pytest.raises(NotCreditable):
        await reissue(books, await books.draft())
    tom = Actor.tenant_user("tom", TOM, charged.partner_id)
    with pytest.raises(Forbidden):
        await books.world.use(ReissueInvoice)(tom, charged.id, "Please")


async def test_whoever_credited_meanwhile_is_not_credited_twice(books: Any, charged: Invoice) -> None:
    async def somebody_else(commit: int) -> None:
        if commit == 1:
            some = NewCreditNote(reason="Agreed", lines=(LineCredit(position=1, net_cents=500),))
            await books.world.use(IssueCreditNote)(books.admin, charged.id, some)

    done = await reissue(books, charged, work=FaultyWork(books.world.work, meanwhile=somebody_else))
    assert (done.credit_note.net_cents, done.invoice.net_cents) == (-37000, 37000)
    assert await books.faults() == []


async def test_a_commit_that_nobody_answered_is_looked_up(books: Any, charged: Invoice) -> None:
    done = await reissue(books, charged, work=FaultyWork(books.world.work, lose_after=1))
    assert (done.credit_note.number, done.invoice.number) == ("SCAI-CN-2026-000001", "SCAI-2026-000002")
    with pytest.raises(CommitUnknown):
        await reissue(books, done.invoice, work=FaultyWork(books.world.work, lose_before=1))

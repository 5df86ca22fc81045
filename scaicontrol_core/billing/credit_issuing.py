"""Issuing a credit note within an open unit of work: read, compute, lock the invoice, then the series."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.billing.crediting import credit_of
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.numbering import SeriesKey, fiscal_year
from scaicontrol_core.billing.sealing import seal
from scaicontrol_core.billing.seller import issuer_of, require_billable, require_own_name
from scaicontrol_core.billing.standing import catch_up
from scaicontrol_core.kernel.ids import Ids, InvoiceId
from scaicontrol_core.kernel.period import local_date

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.credit_note import NewCreditNote
    from scaicontrol_core.billing.crediting import Credit
    from scaicontrol_core.billing.facts import DocumentCheck
    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.tenancy.partner import Partner

#: How often whoever lost the race for an invoice's rest reads it again.
ATTEMPTS = 6


@frozen(kw_only=True)
class IssuedCreditNote:
    """A credit note and the invoice as it stands after it."""

    credit_note: Invoice
    original: Invoice


@frozen(kw_only=True)
class CreditOrder:
    """Which invoice is credited, what of it, and when; ``note_id`` is the id that the note will have."""

    invoice_id: InvoiceId
    wanted: NewCreditNote
    note_id: InvoiceId
    now: datetime


@frozen(kw_only=True)
class _Prepared:
    original: Invoice
    seller: Partner
    credit: Credit
    today: date


async def issue_credit(
    work: BillingWork, actor: Actor, order: CreditOrder, ids: Ids, check: DocumentCheck
) -> IssuedCreditNote:
    """Issue the credit note; the caller commits.

    Writing the invoice's new version first makes two that credit the same rest meet there: the
    second gets ``Stale`` and reads again. The series is locked last.
    """
    prepared = await _prepare(work, actor, order, ids, check)
    original, credit = prepared.original, prepared.credit
    note = Invoice(
        id=order.note_id,
        partner_id=original.partner_id,
        tenant_id=original.tenant_id,
        seller_id=original.seller_id,
        buyer_partner_id=original.buyer_partner_id,
        currency=original.currency,
        created_at=order.now,
        document_type=original.document_type.credit_note,
        lines=credit.lines,
        period=original.period,
        buyer_reference=credit.document.buyer_reference,
        referenced_invoice_id=original.id,
        reason=credit.document.reason,
    )
    original.take_back(credit.credited, note.id, order.now)
    await work.invoices.save(original)
    if original.payment_failed_at is not None and not original.open_cents:
        await catch_up(work, original, order.now)
    own = prepared.seller.configuration
    year = fiscal_year(prepared.today, own.fiscal_year_start_month)
    key = SeriesKey(original.seller_id, note.document_type, year)
    series = await work.number_series.lock(key, own.invoice_number_prefix or "")
    # Workers at midnight: the series may bear tomorrow's date already.
    issue_date = series.issue_date(prepared.today)
    document = evolve(credit.document, issue_date=issue_date, due_date=issue_date)
    note.finalize(seal(document, series, order.now))
    await work.invoices.add(note)
    await work.number_series.save(series)
    return IssuedCreditNote(credit_note=note, original=original)


async def previewed_credit(
    work: BillingWork, actor: Actor, order: CreditOrder, ids: Ids, check: DocumentCheck
) -> FrozenDocument:
    """Return the credit note as it would be, without a number; nothing is written."""
    return (await _prepare(work, actor, order, ids, check)).credit.document


async def _prepare(work: BillingWork, actor: Actor, order: CreditOrder, ids: Ids, check: DocumentCheck) -> _Prepared:
    original = await work.invoices.get(order.invoice_id)
    require_own_name(actor, original.issuer_id)
    seller = await issuer_of(work, original)
    require_billable(seller)
    today = local_date(order.now, seller.configuration.billing_timezone)
    credit = credit_of(original, order.wanted, today, ids)
    check.check(credit.document)
    return _Prepared(original=original, seller=seller, credit=credit, today=today)

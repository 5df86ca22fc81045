"""Record a refund, with the credit note that belongs to it if one is wanted."""

from __future__ import annotations

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.credit_issuing import CreditOrder, issue_credit
from scaicontrol_core.billing.facts import DocumentCheck
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, InvoiceId, PaymentId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.errors import CreditNoteMismatch, NothingToRefund
from scaicontrol_core.payments.lifecycle import PaymentKind
from scaicontrol_core.payments.matching import matching_note
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.payments.payment_input import NewRefund
from scaicontrol_core.payments.ports import PaymentsWork
from scaicontrol_core.payments.recording import Entry, day_of, entry_of, keep_settled, known, own_invoice, persisting
from scaicontrol_core.payments.refunding import payment_to_refund


@frozen(kw_only=True)
class RecordedRefund:
    """A refund, its invoice as it stands after it, and the credit note if one was wanted."""

    refund: Payment
    invoice: Invoice
    credit_note: Invoice | None = None


@frozen
class RecordRefund:
    """Count money given back, up to what was paid and not refunded yet: of one payment, the way it came.

    Without a credit note what was owed stays owed: a paid invoice is past due again, unless the money
    was too much anyway. With one, both are written or neither. A repeat under the same idempotency key
    answers what was recorded. Raises ``NotFound``, ``NotYourSeries``, ``NotPayable``, ``NothingToRefund``,
    ``RefundExceedsPayments``, ``RefundSpansPayments``, ``CreditNoteMismatch``, ``PaymentReferenceTaken``,
    ``PaymentKeyReused``, ``Invalid``, and what ``IssueCreditNote`` raises.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock
    ids: Ids
    document_check: DocumentCheck

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, wanted: NewRefund) -> RecordedRefund:
        """Return the refund, the invoice after it, and the credit note."""
        actor.require(Permission.ADMIN_BILLING)
        entry = Entry(id=PaymentId(self.ids.new("rfd")), invoice_id=invoice_id, now=self.clock.now())
        note_id = InvoiceId(self.ids.new("inv"))
        return await persisting(lambda: self._record(actor, entry, note_id, wanted), lambda: self._kept(actor, entry))

    async def _record(self, actor: Actor, entry: Entry, note_id: InvoiceId, wanted: NewRefund) -> RecordedRefund:
        async with self.work.begin(actor) as work:
            invoice = await own_invoice(work, actor, entry.invoice_id)
            repeated = await known(work, invoice, wanted, PaymentKind.REFUND)
            if repeated is not None:
                return await self._answer(work, repeated, invoice)
            invoice.require_payable()
            if not invoice.refundable_cents:
                raise NothingToRefund(invoice.number)
            day = await day_of(work, invoice, wanted.received_on, entry.now)
            note = None
            if wanted.credit_note is not None:
                paper = wanted.credit_note
                if wanted.amount_cents is not None:
                    paper = matching_note(invoice, paper, wanted.amount_cents)
                order = CreditOrder(invoice_id=invoice.id, wanted=paper, note_id=note_id, now=entry.now)
                issued = await issue_credit(work, actor, order, self.ids, self.document_check)
                invoice, note = issued.original, issued.credit_note
            amount = _amount(wanted, invoice, note)
            payment = await payment_to_refund(work, invoice, wanted.payment_id, amount)
            wanted = evolve(
                wanted, method=wanted.method or payment.method, provider=wanted.provider or payment.provider
            )
            refund = entry_of(entry, invoice, wanted, PaymentKind.REFUND, day, amount)
            refund.payment_id, refund.credit_note_id = payment.id, note.id if note else None
            refund.succeed(entry.now)
            was_open = bool(invoice.open_cents)
            invoice.give_back(refund.id, amount, entry.now)
            payment.give_back(amount, refund.id)
            await keep_settled(work, invoice, entry.now, was_open=was_open)
            await work.payments.save(payment)
            await work.payments.add(refund)
            await work.commit()
        return RecordedRefund(refund=refund, invoice=invoice, credit_note=note)

    async def _kept(self, actor: Actor, entry: Entry) -> RecordedRefund | None:
        async with self.work.begin(actor, read_only=True) as work:
            refund = await work.payments.find(entry.id)
            return await self._answer(work, refund, await work.invoices.get(entry.invoice_id)) if refund else None

    async def _answer(self, work: PaymentsWork, refund: Payment, invoice: Invoice) -> RecordedRefund:
        note = await work.invoices.get(refund.credit_note_id) if refund.credit_note_id else None
        return RecordedRefund(refund=refund, invoice=invoice, credit_note=note)


def _amount(wanted: NewRefund, invoice: Invoice, note: Invoice | None) -> int:
    """Return how much is given back; raises ``CreditNoteMismatch`` if the note takes back something else."""
    if note is None:
        return wanted.amount_cents or invoice.refundable_cents
    if wanted.amount_cents not in (None, -note.gross_cents):
        raise CreditNoteMismatch(wanted.amount_cents or 0, -note.gross_cents)
    return min(-note.gross_cents, invoice.refundable_cents)

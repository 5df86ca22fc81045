"""Record a scheduled payment that failed."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.standing import fall_behind
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, InvoiceId, PaymentId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.errors import NothingToPay
from scaicontrol_core.payments.lifecycle import PaymentKind
from scaicontrol_core.payments.payment_input import NewFailedPayment
from scaicontrol_core.payments.ports import PaymentsWork
from scaicontrol_core.payments.recording import (
    Entry,
    RecordedPayment,
    day_of,
    entry_of,
    kept_before,
    known,
    own_invoice,
    persisting,
)


@frozen
class RecordFailedPayment:
    """Note that a payment was tried and failed: the invoice stays owed, and what it charges is past due.

    A repeat under the same idempotency key answers what was recorded. Raises ``NotFound``, ``NotYourSeries``,
    ``NotPayable``, ``NothingToPay``, ``PaymentReferenceTaken``, ``PaymentKeyReused``, ``Invalid``.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, wanted: NewFailedPayment) -> RecordedPayment:
        """Return the failed payment and the invoice."""
        actor.require(Permission.ADMIN_BILLING)
        entry = Entry(id=PaymentId(self.ids.new("pmt")), invoice_id=invoice_id, now=self.clock.now())
        return await persisting(lambda: self._record(actor, entry, wanted), lambda: self._kept(actor, entry))

    async def _record(self, actor: Actor, entry: Entry, wanted: NewFailedPayment) -> RecordedPayment:
        async with self.work.begin(actor) as work:
            invoice = await own_invoice(work, actor, entry.invoice_id)
            repeated = await known(work, invoice, wanted, PaymentKind.PAYMENT)
            if repeated is not None:
                return RecordedPayment(payment=repeated, invoice=invoice)
            invoice.require_payable()
            if not invoice.open_cents:
                raise NothingToPay(invoice.number)
            amount = wanted.amount_cents or invoice.open_cents
            day = await day_of(work, invoice, wanted.received_on, entry.now)
            payment = entry_of(entry, invoice, wanted, PaymentKind.PAYMENT, day, amount)
            payment.fail(wanted.failure_code, entry.now)
            invoice.note_failed_payment(payment.id, amount, entry.now)
            await work.invoices.save(invoice)
            await fall_behind(work, invoice, entry.now)
            await work.payments.add(payment)
            await work.commit()
        return RecordedPayment(payment=payment, invoice=invoice)

    async def _kept(self, actor: Actor, entry: Entry) -> RecordedPayment | None:
        async with self.work.begin(actor, read_only=True) as work:
            return await kept_before(work, entry)

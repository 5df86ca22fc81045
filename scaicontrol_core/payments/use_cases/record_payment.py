"""Record a payment that arrived."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import Ids, InvoiceId, PaymentId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.payments.errors import NothingToPay
from scaicontrol_core.payments.lifecycle import PaymentKind
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.ports import PaymentsWork
from scaicontrol_core.payments.recording import (
    Entry,
    RecordedPayment,
    day_of,
    entry_of,
    keep_settled,
    kept_before,
    known,
    own_invoice,
    persisting,
)


@frozen
class RecordPayment:
    """Count money that arrived for an invoice: in full, in part, or too much, which stands to the customer's credit.

    A repeat under the same idempotency key answers what was recorded. Raises ``NotFound``, ``NotYourSeries``,
    ``NotPayable``, ``NothingToPay`` where no amount is named, ``PaymentReferenceTaken``,
    ``PaymentKeyReused``, ``Invalid``.
    """

    work: UnitOfWorkFactory[PaymentsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, wanted: NewPayment) -> RecordedPayment:
        """Return the payment and the invoice as it stands after it."""
        actor.require(Permission.ADMIN_BILLING)
        entry = Entry(id=PaymentId(self.ids.new("pmt")), invoice_id=invoice_id, now=self.clock.now())
        return await persisting(lambda: self._record(actor, entry, wanted), lambda: self._kept(actor, entry))

    async def _record(self, actor: Actor, entry: Entry, wanted: NewPayment) -> RecordedPayment:
        async with self.work.begin(actor) as work:
            invoice = await own_invoice(work, actor, entry.invoice_id)
            repeated = await known(work, invoice, wanted, PaymentKind.PAYMENT)
            if repeated is not None:
                return RecordedPayment(payment=repeated, invoice=invoice)
            invoice.require_payable()
            if wanted.currency not in (None, invoice.currency):
                raise Invalid.field(
                    "/currency", f"The invoice is in {invoice.currency}.", code="payment_currency_differs"
                )
            was_open = invoice.open_cents
            amount = wanted.amount_cents or was_open
            if not amount:
                raise NothingToPay(invoice.number)
            day = await day_of(work, invoice, wanted.received_on, entry.now)
            payment = entry_of(entry, invoice, wanted, PaymentKind.PAYMENT, day, amount)
            payment.succeed(entry.now)
            invoice.receive(payment.id, amount, entry.now)
            await keep_settled(work, invoice, entry.now, was_open=bool(was_open))
            await work.payments.add(payment)
            await work.commit()
        return RecordedPayment(payment=payment, invoice=invoice)

    async def _kept(self, actor: Actor, entry: Entry) -> RecordedPayment | None:
        async with self.work.begin(actor, read_only=True) as work:
            return await kept_before(work, entry)

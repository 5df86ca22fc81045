"""Which payment a refund gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.billing.errors import RefundExceedsPayments
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.payments.errors import RefundSpansPayments

if TYPE_CHECKING:
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import PaymentId
    from scaicontrol_core.payments.payment import Payment
    from scaicontrol_core.payments.ports import PaymentsWork


async def payment_to_refund(
    work: PaymentsWork, invoice: Invoice, payment_id: PaymentId | None, amount_cents: int
) -> Payment:
    """Return the payment named, or the newest of the invoice with enough left.

    Raises ``NotFound`` for one of another invoice, ``RefundExceedsPayments`` for more than is left,
    ``RefundSpansPayments`` where it takes several.
    """
    received = [payment for payment in await work.payments.of_invoice(invoice.id) if payment.refundable_cents]
    if payment_id is not None:
        payment = next((each for each in await work.payments.of_invoice(invoice.id) if each.id == payment_id), None)
        if payment is None:
            raise NotFound.of("payment", payment_id)
        if payment.refundable_cents < amount_cents:
            raise RefundExceedsPayments(invoice.number, payment.refundable_cents, invoice.currency)
        return payment
    if sum(payment.refundable_cents for payment in received) < amount_cents:
        raise RefundExceedsPayments(invoice.number, invoice.refundable_cents, invoice.currency)
    for payment in reversed(received):
        if payment.refundable_cents >= amount_cents:
            return payment
    raise RefundSpansPayments(tuple((payment.id, payment.refundable_cents) for payment in received))

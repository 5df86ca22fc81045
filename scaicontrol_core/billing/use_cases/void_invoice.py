"""Void an invoice or a draft."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

CREDIT_NOTE_IS_USUAL = (
    "A numbered invoice is usually corrected with a credit note; voiding keeps its number and record."
)

PERIODS_STAY_BILLED = (
    "This draft came from a billing run: the periods it charged count as billed and come on no other invoice."
)


@frozen
class VoidInvoice:
    """Void with a reason; a number stays taken and its record stays readable.

    Raises ``NotFound``, ``NotYourSeries``, ``InvalidTransition``, ``Invalid`` without a reason.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, reason: str) -> tuple[Invoice, str | None]:
        """Return the invoice, and a warning if it had a number or charged periods of a billing run."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            invoice = await work.invoices.get(invoice_id)
            require_own_name(actor, invoice.issuer_id)
            invoice.void(reason, self.clock.now())
            await work.invoices.save(invoice)
            await work.commit()
        if invoice.number is not None:
            return invoice, CREDIT_NOTE_IS_USUAL
        return invoice, PERIODS_STAY_BILLED if invoice.run_id is not None else None

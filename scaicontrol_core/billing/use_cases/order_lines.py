"""Put a draft's lines in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.ids import InvoiceId, LineId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen
class OrderLines:
    """Order the lines of a draft by hand, or by the dates their descriptions begin with.

    Raises ``NotFound``, ``InvoiceImmutable``, ``Invalid`` (``line_order_invalid``).
    """

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, order: Sequence[LineId] | None = None) -> Invoice:
        """Put the lines in the given order; without one, sort them by date (``DD-MM-YYYY`` first)."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            invoice = await work.invoices.get(invoice_id)
            require_own_name(actor, invoice.issuer_id)
            if order is None:
                invoice.sort_by_date()
            else:
                invoice.reorder(order)
            if invoice.has_changed:
                await work.invoices.save(invoice)
                await work.commit()
        return invoice

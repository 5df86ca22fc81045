"""Read one invoice."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetInvoice:
    """Return an invoice within the actor's scope, or raise ``NotFound``; a buyer sees no drafts."""

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        """Return it with its lines."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
        if invoice.number is None and actor.scope.kind is ScopeKind.TENANT:
            raise NotFound.of("invoice", invoice_id)
        return invoice

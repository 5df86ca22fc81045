"""Show one invoice to whoever administers it, with what was sent of it."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.documents.transmission_stories import SendStory, stories_of
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ShownInvoice:
    """An invoice with its lines, and the requests to send it, newest first."""

    invoice: Invoice
    sends: tuple[SendStory, ...]


@frozen
class ShowInvoice:
    """Return an invoice, draft or not, within the actor's scope, and what was sent of it; or raise ``NotFound``."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> ShownInvoice:
        """Read both in one unit of work."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
            return ShownInvoice(invoice, await stories_of(work, invoice_id))

"""Make the PDF of one finalized invoice."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.errors import NEEDS_MENDING
from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, ObjectStore
from scaicontrol_core.documents.producing import Production
from scaicontrol_core.documents.revision import DocumentRevision
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RenderDocument:
    """Render, store and record an invoice's PDF; once made it is returned as it is.

    An error that repeating would not mend marks the document ``failed``; one of store or
    renderer being away leaves it ``pending`` for the next attempt. Both are raised.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    objects: ObjectStore
    renderer: DocumentRenderer
    einvoices: EInvoiceWriter

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> DocumentRevision:
        """Return the revision."""
        actor.require(Permission.ADMIN_BILLING)
        production = Production(self.work, self.clock, self.objects, self.renderer, self.einvoices)
        try:
            return await production.produce(actor, invoice_id)
        except NEEDS_MENDING as error:
            async with self.work.begin(actor) as work:
                invoice = await work.invoices.get(invoice_id)
                invoice.document_failed(error.code)
                await work.invoices.save(invoice)
                await work.commit()
            raise

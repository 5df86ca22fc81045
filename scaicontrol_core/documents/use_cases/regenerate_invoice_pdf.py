"""Make an invoice's PDF again, with the template of today."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, ObjectStore
from scaicontrol_core.documents.producing import Production
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RegenerateInvoicePdf:
    """Render the frozen document anew and keep it as a new revision.

    What the document says never changes, only how it looks; revisions that customers may have
    stay what they are. Raises ``NotFound``, ``DraftHasNoDocument``, and what the renderer raises.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    objects: ObjectStore
    renderer: DocumentRenderer
    einvoices: EInvoiceWriter

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> DocumentRevision:
        """Return the new revision."""
        actor.require(Permission.ADMIN_BILLING)
        production = Production(self.work, self.clock, self.objects, self.renderer, self.einvoices)
        return await production.regenerate(actor, invoice_id, RevisionReason.REGENERATE)

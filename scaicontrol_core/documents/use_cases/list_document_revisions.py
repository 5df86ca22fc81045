"""List the revisions of an invoice's PDF."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.revision import DocumentRevision
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListDocumentRevisions:
    """Return every rendering of an invoice that anybody may have seen, oldest first. Raises ``NotFound``."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Sequence[DocumentRevision]:
        """Return them; none for a draft, or where the PDF is still pending."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            await work.invoices.get(invoice_id)
            return await work.document_revisions.all_of(invoice_id)

"""Name the invoices whose PDF is still to be made: the work list of the rendering job."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.lifecycle import PdfStatus
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

MAX_BATCH = 10_000


@frozen
class ListPendingDocuments:
    """Return ids of finalized invoices without a PDF, oldest first: those to be made, or those that failed.

    The list is a query on the database: whatever was queued anywhere else may be lost.
    """

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, limit: int = MAX_BATCH, *, failed: bool = False) -> Sequence[InvoiceId]:
        """Return at most ``limit`` of them."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.invoices.awaiting_document(
                status=PdfStatus.FAILED if failed else PdfStatus.PENDING, limit=limit
            )

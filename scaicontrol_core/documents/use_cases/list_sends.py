"""Show what was sent of a document, to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.transmission_stories import SendStory, stories_of
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListSends:
    """Return an invoice's requests to send it, newest first, each with its history; or raise ``NotFound``."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Sequence[SendStory]:
        """Return them all: there are few."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            await work.invoices.get(invoice_id)
            return await stories_of(work, invoice_id)

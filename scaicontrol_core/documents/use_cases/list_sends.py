"""Show what was sent of a document, to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.transmission import SendEntry, SendRequest
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class SendStory:
    """A request and its history, oldest first."""

    request: SendRequest
    entries: tuple[SendEntry, ...]


@frozen
class ListSends:
    """Return an invoice's requests to send it, newest first, each with its history; or raise ``NotFound``."""

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Sequence[SendStory]:
        """Return them all: there are few."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            await work.invoices.get(invoice_id)
            requests = await work.send_requests.of_invoice(invoice_id)
            entries = await work.send_history.of_invoice(invoice_id)
        return [SendStory(each, tuple(entry for entry in entries if entry.send_id == each.id)) for each in requests]

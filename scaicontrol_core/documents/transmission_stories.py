"""What was asked to be sent of a document, and what became of each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.documents.transmission import SendEntry, SendRequest

if TYPE_CHECKING:
    from scaicontrol_core.documents.work import DocumentsWork
    from scaicontrol_core.kernel.ids import InvoiceId


@frozen
class SendStory:
    """A request and its history, oldest first."""

    request: SendRequest
    entries: tuple[SendEntry, ...]


async def stories_of(work: DocumentsWork, invoice_id: InvoiceId) -> tuple[SendStory, ...]:
    """Return an invoice's requests, newest first; most invoices have few, and many none."""
    requests = await work.send_requests.of_invoice(invoice_id)
    if not requests:
        return ()
    entries = await work.send_history.of_invoice(invoice_id)
    return tuple(SendStory(each, tuple(entry for entry in entries if entry.send_id == each.id)) for each in requests)

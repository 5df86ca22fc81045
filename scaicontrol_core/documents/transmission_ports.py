"""What sending needs from the outside: where requests are kept, and who composes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource, RenderedMail
    from scaicontrol_core.documents.transmission import SendEntry, SendId, SendRequest
    from scaicontrol_core.kernel.ids import InvoiceId


class SendRequests(Protocol):
    """The requests to send documents."""

    async def get(self, send_id: SendId) -> SendRequest:
        """Return one, or raise ``NotFound`` (``send_request_not_found``)."""
        ...

    async def add(self, request: SendRequest) -> None:
        """Write a new one; ``Retryable`` if another with its key was first."""
        ...

    async def save(self, request: SendRequest) -> None:
        """Write a changed one, or raise ``Stale``: of two workers that claim it, one wins."""
        ...

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[SendRequest]:
        """Return an invoice's, newest first."""
        ...

    async def with_key(self, invoice_id: InvoiceId, request_key: str) -> SendRequest | None:
        """Return the one that came with this key, if any."""
        ...

    async def with_message(self, message_id: str) -> SendRequest | None:
        """Return the one that became this message, if any."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[SendId]:
        """Return ids of queued ones that are due and in nobody's hands, longest due first."""
        ...


class SendHistory(Protocol):
    """What became of requests; append-only."""

    async def add(self, entry: SendEntry) -> None:
        """Append; ``Conflict`` (``send_entry_exists``) if it is told already."""
        ...

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[SendEntry]:
        """Return an invoice's entries, by request and ordinal."""
        ...


class MailRenderer(Protocol):
    """Writes the subject and the HTML of a message from its template."""

    async def render_mail(self, order: MailOrder, template: MailTemplateSource | None = None) -> RenderedMail:
        """Write it in the order's language with its template (None: the built-in one).

        Raises ``DocumentUnreadable``, ``TemplateRejected``, ``RenderingLimitExceeded``,
        ``RenderingUnavailable``.
        """
        ...

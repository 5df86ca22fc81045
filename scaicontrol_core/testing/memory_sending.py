"""Requests to send documents, and their history, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scaicontrol_core.documents.transmission import SendEntry, SendId, SendRequest, SendStatus
from scaicontrol_core.kernel.errors import Conflict, Retryable
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.memory_store import MemoryCollection, Transaction, UniqueKey


class MemorySendRequests(MemoryCollection[SendRequest]):
    """The requests within scope."""

    table = "send_requests"
    what = "send request"

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[SendRequest]:
        """Return an invoice's, newest first."""
        found = [row for row in self._visible() if row.invoice_id == invoice_id]
        return sorted(found, key=lambda row: row.id, reverse=True)

    async def with_key(self, invoice_id: InvoiceId, request_key: str) -> SendRequest | None:
        """Return the one that came with this key."""
        wanted = (invoice_id, request_key)
        return next((row for row in self._visible() if (row.invoice_id, row.request_key) == wanted), None)

    async def with_message(self, message_id: str) -> SendRequest | None:
        """Return the one that became this message."""
        return next((row for row in self._visible() if row.message_id == message_id), None)

    async def due(self, now: datetime, limit: int) -> Sequence[SendId]:
        """Return ids of those that are due, longest due first."""
        found = [row for row in self._visible() if row.status is SendStatus.QUEUED and row.is_due(now)]
        return [row.id for row in sorted(found, key=lambda row: (row.due_at, row.id))][:limit]

    def _reaches(self, scope: Scope, row: SendRequest) -> bool:
        return scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)

    def _unique_keys(self, row: SendRequest) -> Sequence[UniqueKey]:
        if row.request_key is None:
            return ()
        return (((row.invoice_id, row.request_key), lambda: Retryable("Another request with this key was first.")),)


class MemorySendHistory:
    """What became of requests."""

    _TABLE = "send_history"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, entry: SendEntry) -> None:
        """Append, or raise ``Conflict``."""
        self._transaction.require_reach("entry", partner_id=entry.partner_id, tenant_id=entry.tenant_id)
        for key in ((entry.send_id, entry.ordinal), (entry.send_id, entry.event_key)):
            self._transaction.watch(self._TABLE, key, _taken)
            if self._transaction.row(self._TABLE, key) is not None:
                raise _taken()
            self._transaction.write(self._TABLE, key, entry)

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[SendEntry]:
        """Return an invoice's entries, by request and ordinal."""
        scope = self._transaction.scope
        rows: list[Any] = [
            row
            for row in self._transaction.rows(self._TABLE)
            if row.invoice_id == invoice_id and scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)
        ]
        found = {(row.send_id, row.ordinal): row for row in rows}  # each stands under both its keys
        return [found[key] for key in sorted(found)]


def _taken() -> Conflict:
    return Conflict("This is told already.", code="send_entry_exists")

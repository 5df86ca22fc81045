"""Requests to send documents, and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select

from scaicontrol_adapters.sql.mapping import TUPLE, Fields, enum
from scaicontrol_adapters.sql.repositories.base import Repository, Table, telling
from scaicontrol_adapters.sql.rows.sending import SendEntryRow, SendRequestRow
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.transmission import SendEntry, SendId, SendRequest, SendResult, SendStatus
from scaicontrol_core.kernel.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import InvoiceId

_REQUESTS: Table[SendRequest] = Table(
    SendRequestRow,
    Fields(SendRequest, codecs={"status": enum(SendStatus), "mail_type": enum(MailType), "recipients": TUPLE}),
    what="send request",
    resource_type="send_request",
    fixed=("invoice_id", "mail_type", "recipients", "requested_by", "requested_at", "request_key"),
)
_ENTRY = Fields(SendEntry, codecs={"result": enum(SendResult), "recipients": TUPLE})
_ENTRIES: Select[Any] = select(*(getattr(SendEntryRow, name) for name in _ENTRY.columns))
_ENTRIES_OF_INVOICE = _ENTRIES.where(SendEntryRow.invoice_id == bindparam("invoice")).order_by(
    SendEntryRow.send_id, SendEntryRow.ordinal
)
_OF_INVOICE = _REQUESTS.select.where(SendRequestRow.invoice_id == bindparam("invoice")).order_by(
    SendRequestRow.id.desc()
)
_DUE = (
    select(SendRequestRow.id)
    .where(
        SendRequestRow.status == SendStatus.QUEUED.value,
        SendRequestRow.due_at <= bindparam("now"),
        or_(SendRequestRow.lease_until.is_(None), SendRequestRow.lease_until <= bindparam("now")),
    )
    .order_by(SendRequestRow.due_at, SendRequestRow.id)
    .limit(bindparam("at_most"))
)


class SqlSendRequests(Repository[SendRequest]):
    """Requests within scope (port ``SendRequests``); a claim is an UPDATE of the version it read."""

    table = _REQUESTS

    async def get(self, send_id: SendId) -> SendRequest:
        """Return one, or raise ``NotFound``."""
        return await self.load(send_id)

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[SendRequest]:
        """Return an invoice's, newest first."""
        rows = await self._transaction.execute(_OF_INVOICE, {"invoice": invoice_id})
        return [self.table.restore(row) for row in rows]

    async def with_key(self, invoice_id: InvoiceId, request_key: str) -> SendRequest | None:
        """Return the one that came with this key."""
        return await self.find_where(SendRequestRow.invoice_id == invoice_id, SendRequestRow.request_key == request_key)

    async def with_message(self, message_id: str) -> SendRequest | None:
        """Return the one that became this message."""
        return await self.find_where(SendRequestRow.message_id == message_id)

    async def due(self, now: datetime, limit: int) -> Sequence[SendId]:
        """Return ids of queued ones that are due and in nobody's hands, longest due first."""
        ids = await self._transaction.execute(_DUE, {"now": now, "at_most": limit})
        return [SendId(each) for each in ids.scalars()]


class SqlSendHistory:
    """What became of requests (port ``SendHistory``); triggers refuse every change."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, entry: SendEntry) -> None:
        """Append; raises ``Conflict`` (``send_entry_exists``)."""
        async with telling(duplicate=Conflict("This is told already.", code="send_entry_exists")):
            await self._transaction.insert(SendEntryRow, [_ENTRY.write(entry)])

    async def of_invoice(self, invoice_id: InvoiceId) -> Sequence[SendEntry]:
        """Return an invoice's entries, by request and ordinal."""
        rows = await self._transaction.execute(_ENTRIES_OF_INVOICE, {"invoice": invoice_id})
        return [_ENTRY.read(dict(zip(_ENTRY.columns, row, strict=True))) for row in rows]

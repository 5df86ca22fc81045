"""Revisions of invoices' PDFs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scaicontrol_adapters.sql.mapping import Fields, enum, json_list
from scaicontrol_adapters.sql.repositories.base import telling
from scaicontrol_adapters.sql.rows.documents import DocumentRevisionRow
from scaicontrol_core.documents.ports import FontVersion
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.tenancy.fields import EInvoiceFormat

if TYPE_CHECKING:
    from sqlalchemy import Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.ids import InvoiceId

_REVISION = Fields(
    DocumentRevision,
    codecs={
        "reason": enum(RevisionReason),
        "fonts": json_list(Fields(FontVersion)),
        "einvoice_format": enum(EInvoiceFormat),
    },
)
_REVISIONS: Select[Any] = select(*(getattr(DocumentRevisionRow, name) for name in _REVISION.columns))


class SqlDocumentRevisions:
    """Revisions within scope (port ``DocumentRevisions``); triggers refuse every change of one."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, revision: DocumentRevision) -> None:
        """Append; raises ``Conflict`` (``revision_exists``)."""
        async with telling(duplicate=Conflict("This revision exists.", code="revision_exists")):
            await self._transaction.insert(DocumentRevisionRow, [_REVISION.write(revision)])

    async def latest(self, invoice_id: InvoiceId) -> DocumentRevision | None:
        """Return the invoice's newest revision, if it has one."""
        wanted = _REVISIONS.where(DocumentRevisionRow.invoice_id == invoice_id)
        row = (await self._transaction.execute(wanted.order_by(DocumentRevisionRow.revision.desc()).limit(1))).first()
        return None if row is None else _REVISION.read(dict(zip(_REVISION.columns, row, strict=True)))

    async def all_of(self, invoice_id: InvoiceId) -> tuple[DocumentRevision, ...]:
        """Return the invoice's revisions, oldest first."""
        wanted = _REVISIONS.where(DocumentRevisionRow.invoice_id == invoice_id).order_by(DocumentRevisionRow.revision)
        rows = (await self._transaction.execute(wanted)).all()
        return tuple(_REVISION.read(dict(zip(_REVISION.columns, row, strict=True))) for row in rows)

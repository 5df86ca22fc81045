"""Document revisions in memory."""

from __future__ import annotations

from typing import Any

from scaicontrol_core.documents.revision import DocumentRevision
from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.testing.memory_store import Transaction


class MemoryDocumentRevisions:
    """All revisions of documents."""

    _TABLE = "document_revisions"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, revision: DocumentRevision) -> None:
        """Append, or raise ``Conflict``."""
        self._transaction.require_reach("revision", partner_id=revision.partner_id, tenant_id=revision.tenant_id)
        key = (revision.invoice_id, revision.revision)

        def taken() -> Conflict:
            return Conflict("This revision exists.", code="revision_exists")

        self._transaction.watch(self._TABLE, key, taken)
        if self._transaction.row(self._TABLE, key) is not None:
            raise taken()
        self._transaction.write(self._TABLE, key, revision)

    async def latest(self, invoice_id: InvoiceId) -> DocumentRevision | None:
        """Return the newest revision of an invoice within scope."""
        known = await self.all_of(invoice_id)
        return known[-1] if known else None

    async def all_of(self, invoice_id: InvoiceId) -> tuple[DocumentRevision, ...]:
        """Return the invoice's revisions within scope, oldest first."""
        scope = self._transaction.scope
        rows: list[Any] = [
            row
            for row in self._transaction.rows(self._TABLE)
            if row.invoice_id == invoice_id and scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)
        ]
        return tuple(sorted(rows, key=lambda row: row.revision))

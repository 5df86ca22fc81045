"""The audit log, read-only: nothing writes it but a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.mapping import Fields
from scaicontrol_adapters.sql.reads.audit import page_of_history
from scaicontrol_core.audit.entry import AuditEntry

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import Page, PageRequest

_ENTRY = Fields(AuditEntry)


class SqlAuditLog:
    """The audit log within scope (port ``AuditLog``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def history(self, resource_type: str, resource_id: str, page: PageRequest) -> Page[AuditEntry]:
        """Return a resource's entries, newest first."""
        return await page_of_history(self._transaction, _ENTRY, resource_type, resource_id, page)

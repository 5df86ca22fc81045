"""The audit log, read-only: nothing writes it but a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.mapping import Fields
from scaicontrol_adapters.sql.partitions import months_ahead
from scaicontrol_adapters.sql.reads.audit import is_known, page_of_entries
from scaicontrol_adapters.sql.rows.journal import AuditRow
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.audit.ports import AuditFilter

if TYPE_CHECKING:
    from datetime import date

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import Page, PageRequest

_ENTRY = Fields(AuditEntry)


class SqlAuditLog:
    """The audit log within scope (port ``AuditLog``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def history(self, resource_type: str, resource_id: str, page: PageRequest) -> Page[AuditEntry]:
        """Return a resource's entries, newest first."""
        return await self.list(page, AuditFilter(resource_type=resource_type, resource_id=resource_id))

    async def list(self, request: PageRequest, criteria: AuditFilter) -> Page[AuditEntry]:
        """Return part of all entries within scope that the filter lets pass, newest first."""
        return await page_of_entries(self._transaction, _ENTRY, request, criteria)

    async def knows(self, resource_type: str, resource_id: str) -> bool:
        """Tell whether a thing is within scope: it is there, or was and has entries."""
        return await is_known(self._transaction, resource_type, resource_id)

    async def keep_ahead(self, today: date, *, months: int) -> int:
        """Make sure that partitions reach ``months`` ahead; return how many were made."""
        return await months_ahead(self._transaction, AuditRow.__tablename__, today, months)

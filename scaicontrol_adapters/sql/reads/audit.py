"""The history of a resource."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from scaicontrol_adapters.sql.reads.paging import Key, Order, choose, count_of, page_of
from scaicontrol_adapters.sql.rows.journal import AuditRow

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.mapping import Fields
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.kernel.paging import Page, PageRequest

_OLDEST = Order((Key(AuditRow.occurred_at, datetime.fromisoformat), Key(AuditRow.id)))


async def page_of_history(
    transaction: Transaction, entry: Fields[AuditEntry], resource_type: str, resource_id: str, request: PageRequest
) -> Page[AuditEntry]:
    """Return a page of what happened to one thing, newest first without a wish."""
    names = entry.columns
    return await page_of(
        transaction,
        select(*(getattr(AuditRow, name) for name in names)),
        [AuditRow.resource_type == resource_type, AuditRow.resource_id == resource_id],
        choose({"occurred_at": _OLDEST}, _OLDEST.reversed(), request.sort),
        request,
        lambda row: entry.read(dict(zip(names, row, strict=True))),
        total=count_of(AuditRow),
    )

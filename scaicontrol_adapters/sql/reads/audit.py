"""The audit log, and the history of one resource in it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from scaicontrol_adapters.sql.reads.paging import Key, Order, choose, count_of, page_of
from scaicontrol_adapters.sql.rows.journal import AuditRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.mapping import Fields
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.audit.ports import AuditFilter
    from scaicontrol_core.kernel.paging import Page, PageRequest

_OLDEST = Order((Key(AuditRow.occurred_at, datetime.fromisoformat), Key(AuditRow.id)))


_NAMED = ("resource_type", "resource_id", "action", "user_id", "partner_id", "tenant_id")


async def page_of_entries(
    transaction: Transaction, entry: Fields[AuditEntry], request: PageRequest, criteria: AuditFilter
) -> Page[AuditEntry]:
    """Return a page of the entries that the filter lets pass, newest first without a wish."""
    names = entry.columns
    return await page_of(
        transaction,
        select(*(getattr(AuditRow, name) for name in names)),
        _predicates(criteria),
        choose({"occurred_at": _OLDEST}, _OLDEST.reversed(), request.sort),
        request,
        lambda row: entry.read(dict(zip(names, row, strict=True))),
        total=count_of(AuditRow),
    )


def _predicates(criteria: AuditFilter) -> list[ColumnElement[bool]]:
    given = {name: getattr(criteria, name) for name in _NAMED if getattr(criteria, name) is not None}
    predicates: list[ColumnElement[bool]] = [getattr(AuditRow, name) == value for name, value in given.items()]
    if criteria.since is not None:
        predicates.append(AuditRow.occurred_at >= criteria.since)
    if criteria.until is not None:
        predicates.append(AuditRow.occurred_at < criteria.until)
    return predicates

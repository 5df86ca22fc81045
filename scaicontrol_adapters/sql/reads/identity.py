"""Lists of users and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, select, type_coerce

from scaicontrol_adapters.sql.reads.paging import Key, Orders, contains, count_of, equals, instant, page_of
from scaicontrol_adapters.sql.rows.identity import GroupMemberRow, GroupRow, UserRow
from scaicontrol_core.identity.ports import GROUPS, USERS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.identity.group import Group
    from scaicontrol_core.identity.ports import GroupFilter, UserFilter
    from scaicontrol_core.identity.user import User
    from scaicontrol_core.kernel.paging import Page, PageRequest


def _keys(row: type[Any]) -> dict[str, tuple[Key, ...]]:
    return {"created_at": (Key(row.created_at, instant), Key(row.id)), "name": (Key(row.name), Key(row.id))}


_USERS = Orders(USERS, _keys(UserRow))
_GROUPS = Orders(GROUPS, _keys(GroupRow))


async def page_of_users(
    transaction: Transaction, table: Table[User], request: PageRequest, criteria: UserFilter
) -> Page[User]:
    """Return a page of the users that the filter lets pass."""
    predicates = _shared(UserRow, criteria)
    if criteria.group_id is not None:
        inside = select(GroupMemberRow.user_id).where(GroupMemberRow.group_id == criteria.group_id)
        predicates.append(UserRow.id.in_(inside))
    order = _USERS.of(request, criteria)
    return await page_of(transaction, table.select, predicates, order, request, table.restore, total=count_of(UserRow))


async def page_of_groups(
    transaction: Transaction, table: Table[Group], request: PageRequest, criteria: GroupFilter
) -> Page[Group]:
    """Return a page of the groups that the filter lets pass."""
    predicates = _shared(GroupRow, criteria)
    if criteria.is_synced is not None:
        ours = GroupRow.external_id.is_(None)
        predicates.append(~ours if criteria.is_synced else ours)
    order = _GROUPS.of(request, criteria)
    return await page_of(transaction, table.select, predicates, order, request, table.restore, total=count_of(GroupRow))


def _shared(row: type[Any], criteria: UserFilter | GroupFilter) -> list[ColumnElement[bool]]:
    predicates = equals(row, criteria, ("partner_id", "tenant_id"))
    if criteria.status is not None:
        predicates.append(row.status == criteria.status.value)
    if criteria.role is not None:
        # In the canonical JSON of the assignments: exactly this role's.
        predicates.append(type_coerce(row.roles, Text).contains(f'"role":"{criteria.role}"', autoescape=True))
    if criteria.search:
        predicates.append(contains(row.search_text, criteria.search))
    return predicates

"""Lists of services, plans and packs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, equals, number, page_of
from scaicontrol_adapters.sql.rows.catalog import PackRow, PlanRow, ServiceRow
from scaicontrol_core.catalog import ports

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.ports import PlanFilter
    from scaicontrol_core.kernel.paging import Page, PageRequest, Sorting


def _orders(sorting: Sorting, row: type[Any], key: Any) -> Orders:
    keys = {
        "sort_order": (Key(row.sort_order, number), Key(key)),
        "slug": (Key(key),),
        "name": (Key(row.name), Key(key)),
    }
    return Orders(sorting, keys)


SERVICES = _orders(ports.SERVICES, ServiceRow, ServiceRow.slug)
PLANS = _orders(ports.PLANS, PlanRow, PlanRow.plan_key)
PACKS = _orders(ports.PACKS, PackRow, PackRow.slug)


async def page_of_shelf(
    transaction: Transaction, table: Table[Any], orders: Orders, request: PageRequest, *, shown_only: bool
) -> Page[Any]:
    """Return a page of services or packs; ``shown_only`` leaves out what is not active or not public."""
    predicates = [table.row.is_active.is_(True), table.row.is_public.is_(True)] if shown_only else []
    order = orders.of(request, {"shown_only": shown_only})
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(table.row)
    )


async def page_of_plans(
    transaction: Transaction, table: Table[Plan], request: PageRequest, criteria: PlanFilter
) -> Page[Plan]:
    """Return a page of the plans that the filter lets pass, their usage prices left to the repository."""
    predicates = equals(PlanRow, criteria, ("service_id",))
    columns, total = table.select, count_of(PlanRow)
    if criteria.shown_only:
        columns, total = (
            statement.join(ServiceRow, ServiceRow.id == PlanRow.service_id) for statement in (columns, total)
        )
        shown = (PlanRow.is_active, PlanRow.is_public, ServiceRow.is_active, ServiceRow.is_public)
        predicates += [column.is_(True) for column in shown]
    order = PLANS.of(request, criteria)
    return await page_of(transaction, columns, predicates, order, request, table.restore, total=total)

"""Lists of services, plans and packs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.sql.reads.paging import Key, Order, choose, count_of, page_of
from scaicontrol_adapters.sql.rows.catalog import PackRow, PlanRow, ServiceRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.ports import PlanFilter
    from scaicontrol_core.kernel.paging import Page, PageRequest


def _orders(row: type[Any], key: Any) -> dict[str, Order]:
    return {
        "sort_order": Order((Key(row.sort_order, int), Key(key))),
        "slug": Order((Key(key),)),
        "name": Order((Key(row.name), Key(key))),
    }


SERVICES = _orders(ServiceRow, ServiceRow.slug)
PLANS = _orders(PlanRow, PlanRow.plan_key)
PACKS = _orders(PackRow, PackRow.slug)


async def page_of_shelf(
    transaction: Transaction, table: Table[Any], orders: dict[str, Order], request: PageRequest, *, shown_only: bool
) -> Page[Any]:
    """Return a page of services or packs; ``shown_only`` leaves out what is not active or not public."""
    predicates = [table.row.is_active.is_(True), table.row.is_public.is_(True)] if shown_only else []
    order = choose(orders, orders["sort_order"], request.sort)
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(table.row)
    )


async def page_of_plans(
    transaction: Transaction, table: Table[Plan], request: PageRequest, criteria: PlanFilter
) -> Page[Plan]:
    """Return a page of the plans that the filter lets pass, their usage prices left to the repository."""
    predicates: list[ColumnElement[bool]] = []
    columns, total = table.select, count_of(PlanRow)
    if criteria.service_id is not None:
        predicates.append(PlanRow.service_id == criteria.service_id)
    if criteria.shown_only:
        columns, total = (
            statement.join(ServiceRow, ServiceRow.id == PlanRow.service_id) for statement in (columns, total)
        )
        shown = (PlanRow.is_active, PlanRow.is_public, ServiceRow.is_active, ServiceRow.is_public)
        predicates += [column.is_(True) for column in shown]
    order = choose(PLANS, PLANS["sort_order"], request.sort)
    return await page_of(transaction, columns, predicates, order, request, table.restore, total=total)

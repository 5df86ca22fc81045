"""Lists of partners and tenants."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.sql.reads.paging import Key, Order, choose, contains, count_of, page_of
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow, TenantRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.ports import TenantFilter
    from scaicontrol_core.tenancy.tenant import Tenant


def _orders(row: type[Any]) -> dict[str, Order]:
    return {
        "created_at": Order((Key(row.created_at, datetime.fromisoformat), Key(row.id))),
        "name": Order((Key(row.name), Key(row.id))),
    }


_PARTNERS = _orders(PartnerRow)
_TENANTS = _orders(TenantRow)


async def page_of_partners(
    transaction: Transaction, table: Table[Partner], request: PageRequest, search: str | None
) -> Page[Partner]:
    """Return a page of the partners whose name contains the text."""
    predicates = [contains(PartnerRow.search_text, search)] if search else []
    order = choose(_PARTNERS, _PARTNERS["created_at"], request.sort)
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(PartnerRow)
    )


async def page_of_tenants(
    transaction: Transaction, table: Table[Tenant], request: PageRequest, criteria: TenantFilter
) -> Page[Tenant]:
    """Return a page of the tenants that the filter lets pass."""
    predicates: list[ColumnElement[bool]] = []
    if criteria.partner_id is not None:
        predicates.append(TenantRow.partner_id == criteria.partner_id)
    if criteria.is_active is not None:
        predicates.append(TenantRow.is_active.is_(criteria.is_active))
    if criteria.search:
        predicates.append(contains(TenantRow.search_text, criteria.search))
    order = choose(_TENANTS, _TENANTS["created_at"], request.sort)
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(TenantRow)
    )

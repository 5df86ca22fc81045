"""The audit log, and the history of one resource in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from scaicontrol_adapters.sql.reads.paging import Key, Orders, count_of, instant, page_of
from scaicontrol_adapters.sql.rows.billing import BillingRunRow, InvoiceRow
from scaicontrol_adapters.sql.rows.brand import BrandAssetRow
from scaicontrol_adapters.sql.rows.catalog import PackRow, PlanRow, ServiceRow
from scaicontrol_adapters.sql.rows.commissions import CommissionStatementRow
from scaicontrol_adapters.sql.rows.identity import CustomRoleRow, GroupRow, UserRow
from scaicontrol_adapters.sql.rows.journal import AuditRow
from scaicontrol_adapters.sql.rows.packs import PackSubscriptionRow
from scaicontrol_adapters.sql.rows.payments import PaymentRow
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_adapters.sql.rows.templates import TemplateRow
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow, TenantRow
from scaicontrol_core.audit.ports import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.mapping import Fields
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.audit.ports import AuditFilter
    from scaicontrol_core.kernel.paging import Page, PageRequest

_ORDERS = Orders(ENTRIES, {"occurred_at": (Key(AuditRow.occurred_at, instant), Key(AuditRow.id))})


_NAMED = (
    "resource_type", "resource_id", "action", "user_id", "actor_kind", "request_id", "partner_id", "tenant_id",
)  # fmt: skip
#: Where the things stand that have a history: one may have outlived its entries, which are archived by month.
_THINGS: Mapping[str, Any] = {
    "tenant": TenantRow,
    "partner": PartnerRow,
    "service": ServiceRow,
    "plan": PlanRow,
    "pack": PackRow,
    "subscription": SubscriptionRow,
    "pack_subscription": PackSubscriptionRow,
    "invoice": InvoiceRow,
    "payment": PaymentRow,
    "billing_run": BillingRunRow,
    "commission_statement": CommissionStatementRow,
    "document_template": TemplateRow,
    "brand_asset": BrandAssetRow,
    "user": UserRow,
    "group": GroupRow,
    "role": CustomRoleRow,
}


async def page_of_entries(
    transaction: Transaction, entry: Fields[AuditEntry], request: PageRequest, criteria: AuditFilter
) -> Page[AuditEntry]:
    """Return a page of the entries that the filter lets pass, newest first without a wish."""
    names = entry.columns
    return await page_of(
        transaction,
        select(*(getattr(AuditRow, name) for name in names)),
        _predicates(criteria),
        _ORDERS.of(request, criteria),
        request,
        lambda row: entry.read(dict(zip(names, row, strict=True))),
        total=count_of(AuditRow),
    )


async def is_known(transaction: Transaction, resource_type: str, resource_id: str) -> bool:
    """Tell whether a thing within scope is there, or has entries."""
    told = select(AuditRow.id).where(AuditRow.resource_type == resource_type, AuditRow.resource_id == resource_id)
    if (await transaction.execute(told.limit(1))).first() is not None:
        return True
    row = _THINGS.get(resource_type)
    return (
        row is not None and (await transaction.execute(select(row.id).where(row.id == resource_id))).first() is not None
    )


def _predicates(criteria: AuditFilter) -> list[ColumnElement[bool]]:
    given = {name: getattr(criteria, name) for name in _NAMED if getattr(criteria, name) is not None}
    predicates: list[ColumnElement[bool]] = [getattr(AuditRow, name) == value for name, value in given.items()]
    if criteria.actions:
        predicates.append(AuditRow.action.in_(criteria.actions))
    if criteria.since is not None:
        predicates.append(AuditRow.occurred_at >= criteria.since)
    if criteria.until is not None:
        predicates.append(AuditRow.occurred_at < criteria.until)
    return predicates

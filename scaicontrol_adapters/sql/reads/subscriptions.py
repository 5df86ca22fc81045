"""Lists of subscriptions, and who is due in a billing run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from scaicontrol_adapters.sql.reads.paging import Key, Orders, between, count_of, equals, instant, page_of
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionRow
from scaicontrol_core.subscriptions.ports import SUBSCRIPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Select

    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import Page, PageRequest
    from scaicontrol_core.subscriptions.ports import SubscriptionFilter
    from scaicontrol_core.subscriptions.subscription import Subscription

_ORDERS = Orders(
    SUBSCRIPTIONS,
    {
        "created_at": (Key(SubscriptionRow.created_at, instant), Key(SubscriptionRow.id)),
        "status": (Key(SubscriptionRow.status), Key(SubscriptionRow.id)),
    },
)
_FILTERS = ("tenant_id", "partner_id", "service_id", "plan_id", "status", "pack_subscription_id")


async def page_of_subscriptions(
    transaction: Transaction, table: Table[Subscription], wanted: SubscriptionFilter, request: PageRequest
) -> Page[Subscription]:
    """Return a page of the subscriptions that the filter lets pass, newest first without a wish."""
    predicates = equals(SubscriptionRow, wanted, _FILTERS)
    predicates += between(SubscriptionRow.created_at, wanted.since, wanted.until)
    order = _ORDERS.of(request, wanted)
    return await page_of(
        transaction, table.select, predicates, order, request, table.restore, total=count_of(SubscriptionRow)
    )


def due_predicates(
    partner_ids: Sequence[str], cutoff: date, only: str | None, upto: str | None = None
) -> list[ColumnElement[bool]]:
    """Return the predicates of subscriptions with a charge due on or before the cutoff."""
    predicates = [SubscriptionRow.partner_id.in_(partner_ids), SubscriptionRow.next_billing_on <= cutoff]
    if upto is not None:
        predicates.append(SubscriptionRow.tenant_id <= upto)
    return predicates if only is None else [*predicates, SubscriptionRow.tenant_id == only]


def next_tenants(due: Sequence[ColumnElement[bool]], after: str | None, limit: int) -> Select[str]:
    """Select the ids of the next tenants that have something due, in order."""
    wanted = select(SubscriptionRow.tenant_id).where(*due)
    if after is not None:
        wanted = wanted.where(SubscriptionRow.tenant_id > after)
    return wanted.group_by(SubscriptionRow.tenant_id).order_by(SubscriptionRow.tenant_id).limit(limit)


def count_tenants(due: Sequence[ColumnElement[bool]]) -> Select[int]:
    """Count the tenants that have something due."""
    return select(func.count(SubscriptionRow.tenant_id.distinct())).where(*due)

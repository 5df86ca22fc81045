"""Lists of webhook subscriptions and of deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.sql.reads.paging import Key, Orders, between, count_of, equals, instant, page_of
from scaicontrol_adapters.sql.rows.delivery import WebhookDeliveryRow, WebhookSubscriptionRow
from scaicontrol_core.delivery.ports import DELIVERY_SORTING, WEBHOOK_SORTING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select

    from scaicontrol_adapters.sql.repositories.base import Table
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.delivery.ports import DeliveryFilter, SubscriptionFilter
    from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
    from scaicontrol_core.kernel.paging import Page, PageRequest


def _oldest(row: type[Any]) -> dict[str, tuple[Key, ...]]:
    return {"created_at": (Key(row.created_at, instant), Key(row.id))}


_SUBSCRIPTIONS = Orders(WEBHOOK_SORTING, _oldest(WebhookSubscriptionRow))
_DELIVERIES = Orders(DELIVERY_SORTING, _oldest(WebhookDeliveryRow))


async def page_of_webhooks(
    transaction: Transaction, table: Table[WebhookSubscription], request: PageRequest, criteria: SubscriptionFilter
) -> Page[WebhookSubscription]:
    """Return a page of the subscriptions that the filter lets pass."""
    predicates = equals(WebhookSubscriptionRow, criteria, ("status", "partner_id"))
    order = _SUBSCRIPTIONS.of(request, criteria)
    total = count_of(WebhookSubscriptionRow)
    return await page_of(transaction, table.select, predicates, order, request, table.restore, total=total)


async def page_of_deliveries(
    transaction: Transaction,
    columns: Select[Any],
    restore: Callable[[Any], WebhookDelivery],
    request: PageRequest,
    criteria: DeliveryFilter,
) -> Page[WebhookDelivery]:
    """Return a page of the deliveries that the filter lets pass."""
    row = WebhookDeliveryRow
    names = ("subscription_id", "status", "topic", "event_id", "idempotency_key", "last_error")
    predicates = [*equals(row, criteria, names), *between(row.created_at, criteria.since, criteria.until)]
    order = _DELIVERIES.of(request, criteria)
    return await page_of(transaction, columns, predicates, order, request, restore, total=count_of(row))

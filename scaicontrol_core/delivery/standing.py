"""How a webhook subscription stands: what it is, how its receiver fares, and what waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.delivery.health import WebhookHealth
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.delivery.work import DeliveryWork


@frozen
class WebhookStanding:
    """A subscription, its receiver's health, and how many deliveries are pending and dead."""

    subscription: WebhookSubscription
    health: WebhookHealth
    pending: int
    dead: int


async def standings(work: DeliveryWork, subscriptions: Sequence[WebhookSubscription]) -> tuple[WebhookStanding, ...]:
    """Return how each of them stands, in their order."""
    wanted = [each.id for each in subscriptions]
    healths = await work.webhook_healths.of(wanted)
    counts = await work.webhook_deliveries.counts(wanted)
    return tuple(
        WebhookStanding(
            each,
            healths.get(each.id) or WebhookHealth(subscription_id=each.id, partner_id=each.partner_id),
            counts.get((each.id, DeliveryStatus.PENDING), 0),
            counts.get((each.id, DeliveryStatus.DEAD), 0),
        )
        for each in subscriptions
    )

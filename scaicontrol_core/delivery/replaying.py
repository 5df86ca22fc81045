"""Replays: new deliveries of events that were delivered, or could have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.delivery.errors import WebhookDisabledAlready
from scaicontrol_core.delivery.matching import wants
from scaicontrol_core.delivery.topics import TOPICS
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.kernel.ids import EventId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scaicontrol_core.delivery.envelope import Envelope
    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
    from scaicontrol_core.delivery.work import DeliveryWork
    from scaicontrol_core.kernel.ids import Ids

#: Events in one transaction, and deliveries in one call.
CHUNK = 500
MOST_REPLAYED = 10_000


@frozen
class ReplayReport:
    """How many deliveries a replay made, and whether another call would make more."""

    deliveries: int
    more: bool
    next_after: int | None = None


async def active_subscription(work: DeliveryWork, subscription_id: WebhookSubscriptionId) -> WebhookSubscription:
    """Return a subscription that something can be sent to; raises ``NotFound``, ``WebhookDisabledAlready``."""
    subscription = await work.webhook_subscriptions.get(subscription_id)
    if not subscription.is_active:
        raise WebhookDisabledAlready.of(subscription_id)
    return subscription


async def repeat(
    work: DeliveryWork, subscription: WebhookSubscription, events: Sequence[Envelope], ids: Ids, now: datetime
) -> list[WebhookDelivery]:
    """Return new deliveries of those events that the subscription wants and that are not pending for it."""
    wanted = [each for each in events if wants(subscription, each) and not _is_private(each)]
    newest = await work.webhook_deliveries.newest_of(subscription.id, [EventId(each.id) for each in wanted])
    made: list[WebhookDelivery] = []
    for each in wanted:
        last = newest.get(EventId(each.id))
        if last is None:
            made.append(WebhookDelivery.of(ids.new("whd"), each, subscription, now))
        elif not last.is_pending:
            made.append(last.repeated(ids.new("whd"), last.replay + 1, now))
    return made


def _is_private(envelope: Envelope) -> bool:
    topic = TOPICS.get(envelope.type)
    return topic is not None and topic.is_private

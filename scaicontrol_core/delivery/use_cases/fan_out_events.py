"""First pass: give events their place in the feed, and make deliveries of them."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.matching import wants
from scaicontrol_core.delivery.outbox_ports import PlacedEvent
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import UnitOfWorkFactory

BATCH = 200


@frozen(kw_only=True)
class FanOutReport:
    """What one batch came to; ``more`` if events may wait still, ``topics`` what it was about."""

    events: int
    deliveries: int
    more: bool
    topics: frozenset[str] = frozenset()


@frozen
class FanOutEvents:
    """Place a batch of events behind all that have a place, and write one delivery per subscription that wants one.

    It is one transaction without any effect outside, so that it needs no lease: moving the head of the feed is a
    conditional update, and of two relays one begins again.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, limit: int = BATCH) -> FanOutReport:
        """Return what was done."""
        actor.require_platform()
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            head = await work.outbox.head()
            events = await work.outbox.unplaced(limit)
            if not events:
                return FanOutReport(events=0, deliveries=0, more=False)
            await work.outbox.place(head, [PlacedEvent.of(each) for each in events], now)
            subscriptions = await work.webhook_subscriptions.active()
            deliveries = [
                WebhookDelivery.of(self.ids.new("whd"), event, subscription, now)
                for event in events
                for subscription in subscriptions
                if wants(subscription, event)
            ]
            await work.webhook_deliveries.add_each(deliveries)
            await work.commit()
        return FanOutReport(
            events=len(events),
            deliveries=len(deliveries),
            more=len(events) == limit,
            topics=frozenset(event.type for event in events),
        )

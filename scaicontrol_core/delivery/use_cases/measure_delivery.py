"""Look how far delivery is behind."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class DeliveryBacklog:
    """What waits, and for how many seconds the oldest of it has: 0 if nothing does."""

    events: int
    oldest_event_seconds: int
    deliveries: int
    oldest_delivery_seconds: int


@frozen
class MeasureDelivery:
    """Count the events without a place in the feed, and the deliveries that are pending."""

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> DeliveryBacklog:
        """Return the numbers."""
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            events, oldest_event = await work.outbox.backlog()
            deliveries, oldest_delivery = await work.webhook_deliveries.backlog()
        now = self.clock.now()
        return DeliveryBacklog(
            events=events,
            oldest_event_seconds=int((now - (oldest_event or now)).total_seconds()),
            deliveries=deliveries,
            oldest_delivery_seconds=int((now - (oldest_delivery or now)).total_seconds()),
        )

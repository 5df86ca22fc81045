"""Clear the delivery log of what is old."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory

#: For how long the log of deliveries is kept.
KEPT_FOR = timedelta(days=90)
BATCH = 1000


@frozen
class ForgetWebhookDeliveries:
    """Delete a batch of finished deliveries older than 90 days, with their attempts. Events stay in the feed."""

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock

    async def __call__(self, actor: Actor, limit: int = BATCH) -> int:
        """Return how many were deleted; ``limit`` of them means that more may be left."""
        actor.require_platform()
        async with self.work.begin(actor) as work:
            gone = await work.webhook_deliveries.forget_before(self.clock.now() - KEPT_FOR, limit)
            await work.commit()
        return gone

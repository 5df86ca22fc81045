"""Look at one delivery: what was sent, and what came of each attempt."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookDeliveryId
from scaicontrol_core.delivery.webhook_delivery import DeliveryStory
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetWebhookDelivery:
    """Return a delivery with its attempts and its body. Raises ``NotFound``."""

    work: UnitOfWorkFactory[DeliveryWork]

    async def __call__(self, actor: Actor, delivery_id: WebhookDeliveryId) -> DeliveryStory:
        """Return them."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            delivery = await work.webhook_deliveries.get(delivery_id)
            attempts = await work.webhook_deliveries.attempts_of(delivery_id)
            bodies = await work.outbox.bodies([delivery.event_id])
        return DeliveryStory(delivery, tuple(attempts), bodies.get(delivery.event_id, b""))

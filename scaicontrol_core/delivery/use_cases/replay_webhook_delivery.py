"""Send one event to a subscription once more."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.errors import DeliveryUnderWay, WebhookDisabledAlready
from scaicontrol_core.delivery.ids import WebhookDeliveryId
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReplayWebhookDelivery:
    """Make a new delivery of the same event under the same webhook id, whatever became of the last one.

    Raises ``NotFound`` (also where the subscription is no more), ``Refused`` (``webhook_disabled``,
    ``webhook_delivery_pending``).
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, delivery_id: WebhookDeliveryId) -> WebhookDelivery:
        """Return the new delivery."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            old = await work.webhook_deliveries.get(delivery_id)
            subscription = await work.webhook_subscriptions.get(old.subscription_id)
            if not subscription.is_active:
                raise WebhookDisabledAlready.of(subscription.id)
            newest = (await work.webhook_deliveries.newest_of(subscription.id, [old.event_id]))[old.event_id]
            if newest.is_pending:
                raise DeliveryUnderWay(f"{newest.id} brings this event already.")
            new = old.repeated(self.ids.new("whd"), newest.replay + 1, self.clock.now())
            await work.webhook_deliveries.add_each([new])
            subscription.record_replay("one", 1, new.id)
            work.webhook_subscriptions.announce(subscription)
            await work.commit()
        return new

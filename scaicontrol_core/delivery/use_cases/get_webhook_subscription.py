"""Look at one webhook subscription."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.standing import WebhookStanding, standings
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetWebhookSubscription:
    """Return a subscription and how it fares. Raises ``NotFound``."""

    work: UnitOfWorkFactory[DeliveryWork]

    async def __call__(self, actor: Actor, subscription_id: WebhookSubscriptionId) -> WebhookStanding:
        """Return both."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            subscription = await work.webhook_subscriptions.get(subscription_id)
            return (await standings(work, [subscription]))[0]

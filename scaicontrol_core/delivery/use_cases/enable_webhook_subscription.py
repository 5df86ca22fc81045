"""Let a disabled subscription get events again."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class EnableWebhookSubscription:
    """Send again, what was pending first; what happened meanwhile is sent by ``ReplayDeliveriesSince``.

    Raises ``NotFound``, ``Stale``, ``InvalidTransition``.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, expected_version: int | None = None
    ) -> WebhookSubscription:
        """Return the subscription as it is now."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            subscription = await work.webhook_subscriptions.get(subscription_id)
            require_version(expected_version, subscription.version)
            subscription.enable(self.clock.now())
            await work.webhook_subscriptions.save(subscription)
            health = (await work.webhook_healths.of([subscription_id]))[subscription_id]
            await work.webhook_healths.save_each([health.renewed()])
            await work.commit()
        return subscription

"""Let a subscription get nothing for now."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.webhook_subscription import DisableReason, WebhookSubscription
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DisableWebhookSubscription:
    """Send nothing any more until it is enabled; what is pending stays so.

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
            subscription.disable(DisableReason.BY_HAND, self.clock.now())
            await work.webhook_subscriptions.save(subscription)
            await work.commit()
        return subscription

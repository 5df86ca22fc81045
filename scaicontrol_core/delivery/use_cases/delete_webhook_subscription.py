"""Stop telling somebody, for good."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.secret_keeping import forget_secrets
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.secrets import Secrets
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeleteWebhookSubscription:
    """Delete a subscription and its secrets; what was pending for it is dead, and its log stays for its time.

    Raises ``NotFound``, ``Stale``.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    secrets: Secrets

    async def __call__(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, expected_version: int | None = None
    ) -> None:
        """Return when it is gone."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            subscription = await work.webhook_subscriptions.get(subscription_id)
            require_version(expected_version, subscription.version)
            subscription.record_deletion()
            await work.webhook_subscriptions.remove(subscription)
            await work.webhook_healths.remove(subscription_id)
            await work.webhook_deliveries.abandon_all(subscription_id, self.clock.now())
            await work.commit()
        await forget_secrets(self.secrets, subscription.secret_paths)

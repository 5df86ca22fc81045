"""Change where a subscription sends, what about, or how."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.ownership import require_filters
from scaicontrol_core.delivery.ports import Destinations
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookChanges
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import UNSET, require_version
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class UpdateWebhookSubscription:
    """Apply a partial change; another URL begins with a clean slate.

    Raises ``NotFound``, ``Stale``, ``Invalid`` (``webhook_url_refused`` among others).
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    destinations: Destinations

    async def __call__(
        self,
        actor: Actor,
        subscription_id: WebhookSubscriptionId,
        changes: WebhookChanges,
        expected_version: int | None = None,
    ) -> WebhookSubscription:
        """Return the subscription as it is now."""
        actor.require(Permission.ADMIN_BILLING)
        if changes.url is not UNSET:
            await self.destinations.require(changes.url)
        async with self.work.begin(actor) as work:
            subscription = await work.webhook_subscriptions.get(subscription_id)
            require_version(expected_version, subscription.version)
            elsewhere = subscription.amend(changes, self.clock.now())
            if subscription.has_changed:
                await require_filters(work, subscription.partner_id, subscription.terms)
                await work.webhook_subscriptions.save(subscription)
                if elsewhere:
                    health = (await work.webhook_healths.of([subscription_id]))[subscription_id]
                    await work.webhook_healths.save_each([health.renewed()])
                await work.commit()
        return subscription

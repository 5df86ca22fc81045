"""Send a test to a subscription."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.errors import WebhookDisabledAlready
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class SendTestEvent:
    """Announce ``webhook.test.v1`` to this one subscription: it takes the road that every event takes.

    Raises ``NotFound``, ``Refused`` (``webhook_disabled``).
    """

    work: UnitOfWorkFactory[DeliveryWork]
    ids: Ids

    async def __call__(self, actor: Actor, subscription_id: WebhookSubscriptionId) -> str:
        """Return the event's idempotency key, by which its delivery can be found once it has begun."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            subscription = await work.webhook_subscriptions.get(subscription_id)
            if not subscription.is_active:
                raise WebhookDisabledAlready.of(subscription_id)
            told = subscription.record_test(actor.subject, self.ids.new("tst"))
            work.webhook_subscriptions.announce(subscription)
            await work.commit()
        return told.idempotency_key

"""Read one subscription."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import Subscription


@frozen
class GetSubscription:
    """Return a subscription within the actor's scope, or raise ``NotFound``."""

    work: UnitOfWorkFactory[SubscriptionsWork]

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId) -> Subscription:
        """Return it."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.subscriptions.get(subscription_id)

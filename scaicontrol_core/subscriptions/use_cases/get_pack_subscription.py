"""Read one subscription to a pack."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import PackSubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.ports import SubscriptionsWork


@frozen
class GetPackSubscription:
    """Return a pack subscription within the actor's scope, or raise ``NotFound``."""

    work: UnitOfWorkFactory[SubscriptionsWork]

    async def __call__(self, actor: Actor, subscription_id: PackSubscriptionId) -> PackSubscription:
        """Return it."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.pack_subscriptions.get(subscription_id)

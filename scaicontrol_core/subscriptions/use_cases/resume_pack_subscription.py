"""Resume a pack subscription and all it includes."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PackSubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.pack_situation import keep, load_pack_situation
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.ports import SubscriptionsWork


@frozen
class ResumePackSubscription:
    """Undo a scheduled cancellation, or, for ``admin:subscriptions``, serve again after a suspension.

    Raises ``Forbidden``, ``NotFound``, ``InvalidTransition``, ``NotAccruing``.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: PackSubscriptionId) -> PackSubscription:
        """Resume; every child follows."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_pack_situation(work, subscription_id, now)
            if here.subscription.status is SubscriptionStatus.SUSPENDED:
                actor.require(Permission.ADMIN_SUBSCRIPTIONS)  # who was suspended does not set himself free
            here.subscription.resume(here.today, here.timezone)
            here.let_follow()
            await keep(work, here)
            await work.commit()
        return here.subscription

"""Take back a change that waits for the end of the period."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.subscription import Subscription


@frozen
class WithdrawChange:
    """Forget what was planned for the end of the period. Raises ``NotFound``, ``NoPendingChange``."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId) -> Subscription:
        """Withdraw it."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            here.subscription.withdraw_change(here.plan)
            if here.subscription.has_changed:
                await work.subscriptions.save(here.subscription)
                await work.commit()
        return here.subscription

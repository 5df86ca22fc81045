"""Resume a subscription that is cancelling or suspended."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.subscription import Subscription


@frozen
class ResumeSubscription:
    """Undo a scheduled cancellation or a suspension. Raises ``NotFound``, ``InvalidTransition``."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId) -> Subscription:
        """Resume; a customer can take back a cancellation, only an administrator ends a suspension."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            _require_may_resume(actor, here.subscription)
            here.subscription.resume(here.plan, here.today)
            await work.subscriptions.save(here.subscription)
            await work.commit()
        return here.subscription


def _require_may_resume(actor: Actor, subscription: Subscription) -> None:
    if subscription.status is SubscriptionStatus.SUSPENDED:
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)

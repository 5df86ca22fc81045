"""Suspend a subscription: the service should refuse work."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.party import optional_text
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.subscription import MAX_REASON, Subscription


@frozen
class SuspendSubscription:
    """Stop a subscription until somebody resumes it. Raises ``NotFound``, ``InvalidTransition``."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, subscription_id: SubscriptionId, *, reason: str | None = None
    ) -> Subscription:
        """Suspend from active, trialing or past due."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            reason = optional_text(reason, "/reason", max_length=MAX_REASON)
            here.subscription.suspend(here.plan, here.today, reason)
            await work.subscriptions.save(here.subscription)
            await work.commit()
        return here.subscription

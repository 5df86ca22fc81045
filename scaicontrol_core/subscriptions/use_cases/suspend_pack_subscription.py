"""Suspend a pack subscription and all it includes."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PackSubscriptionId
from scaicontrol_core.kernel.party import optional_text
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_situation import keep, load_pack_situation
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import MAX_REASON


@frozen
class SuspendPackSubscription:
    """Stop all services of a pack until somebody resumes it. Raises ``NotFound``, ``InvalidTransition``."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, subscription_id: PackSubscriptionId, *, reason: str | None = None
    ) -> PackSubscription:
        """Suspend from active, trialing or past due; every child follows."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_pack_situation(work, subscription_id, now)
            reason = optional_text(reason, "/reason", max_length=MAX_REASON)
            here.subscription.suspend(here.today, reason)
            here.let_follow()
            await keep(work, here)
            await work.commit()
        return here.subscription

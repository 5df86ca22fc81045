"""Cancel a pack subscription and all it includes, at the end of the period or at once."""

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
class CancelPackSubscription:
    """End a pack subscription. Raises ``NotFound``, ``InvalidTransition``, ``NotAccruing``."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, subscription_id: PackSubscriptionId, *, immediate: bool = False, reason: str | None = None
    ) -> PackSubscription:
        """Schedule the end, or end it now with ``immediate``; every child follows."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_pack_situation(work, subscription_id, now)
            reason = optional_text(reason, "/reason", max_length=MAX_REASON)
            if immediate:
                here.subscription.cancel(now, here.today, reason)
            else:
                here.subscription.cancel_at_period_end(here.today, here.timezone, reason)
            here.let_follow()
            await keep(work, here)
            await work.commit()
        return here.subscription

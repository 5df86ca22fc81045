"""Cancel a subscription, at the end of its period or at once."""

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
class CancelSubscription:
    """End a subscription. Raises ``NotFound``, ``InvalidTransition``, ``NotAccruing``."""

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, subscription_id: SubscriptionId, *, immediate: bool = False, reason: str | None = None
    ) -> Subscription:
        """Schedule the end, or end it now with ``immediate``."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            reason = optional_text(reason, "/reason", max_length=MAX_REASON)
            if immediate:
                here.subscription.cancel(here.plan, now, here.today, reason)
            else:
                here.subscription.cancel_at_period_end(here.plan, here.today, here.timezone, reason)
            await work.subscriptions.save(here.subscription)
            await work.commit()
        return here.subscription

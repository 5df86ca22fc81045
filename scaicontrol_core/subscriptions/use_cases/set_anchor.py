"""Move the days on which a subscription is billed."""

from __future__ import annotations

from datetime import date

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
class SetAnchor:
    """Bill on the days of another anchor, from the next cycle on.

    Raises ``NotFound``, ``NotAccruing``, ``PlanFixed``, ``Invalid`` (``anchor_invalid``).
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId, anchor: date) -> Subscription:
        """Move it; the days between the running period and the new anchor are charged as days."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            here.subscription.set_anchor(anchor, here.plan, here.today)
            if here.subscription.has_changed:
                await work.subscriptions.save(here.subscription)
                await work.commit()
        return here.subscription

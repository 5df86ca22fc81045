"""Give a subscription a fixed term."""

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
class SetTerm:
    """Fix the local day a subscription expires on, or free it of one.

    Raises ``NotFound``, ``PlanFixed``, ``Invalid`` (``term_invalid``).
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId, ends_on: date | None) -> Subscription:
        """Set it; None takes it away."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            here.subscription.set_term(here.plan, ends_on, here.today, here.timezone)
            if here.subscription.has_changed:
                await work.subscriptions.save(here.subscription)
                await work.commit()
        return here.subscription

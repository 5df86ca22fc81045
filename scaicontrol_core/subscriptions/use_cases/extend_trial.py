"""Extend a trial."""

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
class ExtendTrial:
    """Let a trial end on a later local day.

    Raises ``NotFound``, ``NotInTrial``, ``Invalid`` (``trial_end_invalid``).
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: SubscriptionId, until: date) -> Subscription:
        """Extend it; its customer is told anew before it ends."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            here.subscription.extend_trial(here.plan, until, here.timezone)
            if here.subscription.has_changed:
                await work.subscriptions.save(here.subscription)
                await work.commit()
        return here.subscription

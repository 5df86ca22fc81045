"""Extend the trial of a pack."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PackSubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_situation import keep, load_pack_situation
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.ports import SubscriptionsWork


@frozen
class ExtendPackTrial:
    """Let the trial of all services of a pack end on a later local day.

    Raises ``NotFound``, ``NotInTrial``, ``Invalid`` (``trial_end_invalid``).
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor, subscription_id: PackSubscriptionId, until: date) -> PackSubscription:
        """Extend it; every child follows."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_pack_situation(work, subscription_id, now)
            here.subscription.extend_trial(until, here.timezone)
            here.let_follow()
            await keep(work, here)
            await work.commit()
        return here.subscription

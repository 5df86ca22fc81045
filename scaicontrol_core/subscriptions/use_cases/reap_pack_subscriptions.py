"""Move on the pack subscriptions whose time has come: trials, new periods, cancellations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PackSubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_renewing import move_pack_on
from scaicontrol_core.subscriptions.pack_situation import keep, load_pack_situation
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.reaping import reap_each

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@frozen
class ReapPackSubscriptions:
    """Each pack with its children in its own transaction: killed anywhere and run again, the end is the same.

    What falls due is dated by its own due instant. One that cannot be moved on keeps no other
    waiting; its error is raised when all others are done.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor) -> int:
        """Return how many were moved on."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()

        async def ripe(after: PackSubscriptionId | None, limit: int) -> Sequence[PackSubscriptionId]:
            async with self.work.begin(actor, read_only=True) as work:
                return await work.pack_subscriptions.ripe(now, after=after, limit=limit)

        return await reap_each(ripe, lambda subscription_id: self._reap(actor, subscription_id, now))

    async def _reap(self, actor: Actor, subscription_id: PackSubscriptionId, now: datetime) -> bool:
        async with self.work.begin(actor) as work:
            here = await load_pack_situation(work, subscription_id, now)
            while await move_pack_on(work, here, now, self.ids):
                pass
            if not here.subscription.has_changed:
                return False
            await keep(work, here)
            await work.commit()
        return True

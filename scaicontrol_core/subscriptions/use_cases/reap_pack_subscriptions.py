"""Move on the pack subscriptions whose time has come: trials, new periods, cancellations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Retryable, ScaiControlError, Stale
from scaicontrol_core.kernel.ids import Ids, PackSubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_renewing import move_pack_on
from scaicontrol_core.subscriptions.pack_situation import keep, load_pack_situation
from scaicontrol_core.subscriptions.ports import SubscriptionsWork

if TYPE_CHECKING:
    from datetime import datetime

_BATCH = 200


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
        moved, after, failure = 0, None, None
        while True:
            async with self.work.begin(actor, read_only=True) as work:
                ripe = await work.pack_subscriptions.ripe(now, after=after, limit=_BATCH)
            for subscription_id in ripe:
                try:
                    moved += await self._reap(actor, subscription_id, now)
                except (Stale, Retryable):
                    continue  # somebody changes it this moment: the next run looks again
                except ScaiControlError as error:
                    failure = failure or error
            if len(ripe) < _BATCH:
                break
            after = ripe[-1]
        if failure is not None:
            raise failure
        return moved

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

"""Sum usage up anew from its events, where roll-ups are in doubt or a metric came to count something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.metering.ports import MeteringWork

if TYPE_CHECKING:
    from scaicontrol_core.metering.ports import EventPlace, Owned

#: Events read at a time, and subscriptions in one call.
PAGE = 1000
SLICE = 20


@frozen
class Rebuilt:
    """What was done. ``last`` is where to go on; None once all are done."""

    subscriptions: int
    events: int
    last: SubscriptionId | None


@frozen
class RebuildUsage:
    """Forget the roll-ups of up to 20 subscriptions and add all their events again, each in one transaction.

    What is reported meanwhile waits, so that nothing is lost or counted twice. What was billed stays billed.
    """

    work: UnitOfWorkFactory[MeteringWork]
    retry: Retry

    async def __call__(self, actor: Actor, after: SubscriptionId | None = None) -> Rebuilt:
        """Do those after ``after``, by id; call again with ``last`` until that is None."""
        actor.require(Permission.ADMIN_USAGE)
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            found = await work.usage_closings.known(after, limit=SLICE)
        events = 0
        for subscription in found:

            async def attempt(subscription: Owned = subscription) -> int:
                return await self._rebuild(actor, subscription)

            events += await self.retry(attempt)
        return Rebuilt(len(found), events, found[-1].id if len(found) == SLICE else None)

    async def _rebuild(self, actor: Actor, subscription: Owned) -> int:
        async with self.work.begin(actor) as work:
            services = await work.services.all()
            await work.usage_closings.alone(subscription)
            await work.usage_rollups.clear(subscription.id)
            count = 0
            after: EventPlace | None = None
            while page := await work.usage_events.of(subscription, services, after, limit=PAGE):
                await work.usage_rollups.add(page)
                await work.usage_thresholds.note(page)
                count, after = count + len(page), page[-1].place
            await work.commit()
        return count

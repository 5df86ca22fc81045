"""Tell of trials that end soon: at seven, three and one days."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Retryable, ScaiControlError, Stale
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.timing import TRIAL_NOTICES

#: When a day's notices go out (UTC).
NOTICE_TIME = time(9, 13)
_BATCH = 200


@frozen
class MonitorTrials:
    """Announce once per threshold, each trial in its own transaction.

    What there is to say is decided as of the last 09:13 UTC: run as often as one likes, it says it
    once; a run that was missed is caught up with, at the nearest threshold only. One trial that
    fails keeps no other waiting; its error is raised when all others are done.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """Return how many notices were written."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        as_of = last_notice_time(self.clock.now())
        told, after, failure = 0, None, None
        while True:
            horizon = as_of + timedelta(days=max(TRIAL_NOTICES) + 1)
            async with self.work.begin(actor, read_only=True) as work:
                ending = await work.subscriptions.trials_ending(horizon, after=after, limit=_BATCH)
            for subscription_id in ending:
                try:
                    told += await self._tell(actor, subscription_id, as_of)
                except (Stale, Retryable):
                    continue  # somebody changes it this moment: the next run looks again
                except ScaiControlError as error:
                    failure = failure or error
            if len(ending) < _BATCH:
                break
            after = ending[-1]
        if failure is not None:
            raise failure
        return told

    async def _tell(self, actor: Actor, subscription_id: SubscriptionId, as_of: datetime) -> bool:
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, as_of)
            it = here.subscription
            if it.activated_at is None or it.activated_at > as_of:
                return False  # its customer has only just begun
            if not it.note_trial_ending(here.plan, local_date(as_of, here.timezone), here.timezone):
                return False
            await work.subscriptions.save(it)
            await work.commit()
        return True


def last_notice_time(now: datetime) -> datetime:
    """Return the last 09:13 UTC, now included."""
    today = now.replace(hour=NOTICE_TIME.hour, minute=NOTICE_TIME.minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)

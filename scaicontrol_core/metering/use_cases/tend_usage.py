"""Upkeep of usage: partitions ahead of time, and keys that no sender repeats any more forgotten."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.metering.ports import KEYS_KEPT, MeteringWork

#: How many months have a partition before their first event comes.
MONTHS_AHEAD = 3
#: Keys deleted in one transaction.
SLICE = 1000


@frozen
class Upkeep:
    """What was done. ``is_done`` is False while old keys are left."""

    partitions: int
    forgotten: int

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.forgotten < SLICE


@frozen
class TendUsage:
    """Make partitions three months ahead, where the database has any, and forget a slice of keys after 90 days."""

    work: UnitOfWorkFactory[MeteringWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> Upkeep:
        """Do one slice; run again until it is done."""
        actor.require(Permission.ADMIN_USAGE)
        actor.require_platform()
        now = self.clock.now()
        # Alone in its unit of work: such a statement commits at once.
        async with self.work.begin(actor) as work:
            made = await work.usage_events.keep_ahead(now.date(), months=MONTHS_AHEAD)
        async with self.work.begin(actor) as work:
            forgotten = await work.usage_events.forget_keys(now - timedelta(days=KEYS_KEPT), limit=SLICE)
            await work.commit()
        return Upkeep(made, forgotten)

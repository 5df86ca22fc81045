"""Have jobs run soon: something happened that they see to."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.changing import change
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class WakeJobs:
    """Make jobs due now in their rows, so that a reaction outlives the message that tells of it."""

    work: UnitOfWorkFactory[JobsWork]
    clock: Clock

    async def __call__(self, actor: Actor, names: Collection[str]) -> tuple[str, ...]:
        """Return those that are due because of it, by name; one that runs just now runs once more after that."""
        actor.require_platform()
        now = self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            sleeping = [job.name for job in await work.jobs.all() if job.name in names and job.wake(now)]
        for name in sleeping:
            await change(self.work, actor, name, lambda job: job.wake(now))
        return tuple(sleeping)

"""Keep a job that takes its time."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.changing import change
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RenewJobLease:
    """Hold a job for another lease; raises ``JobLeaseLost`` if somebody else has taken it over."""

    work: UnitOfWorkFactory[JobsWork]
    clock: Clock

    async def __call__(self, actor: Actor, name: str, owner: str, lease: timedelta) -> None:
        """Return when it is held."""
        actor.require_platform()
        await change(self.work, actor, name, lambda job: job.hold(owner, self.clock.now(), lease=lease))

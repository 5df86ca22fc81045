"""Have a dead job run by itself again."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.jobs.changing import change
from scaicontrol_core.jobs.job import Job
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RetryJob:
    """Bring a job back that failed too often, now that somebody has looked at it.

    Raises ``NotFound`` (``job_not_found``), ``InvalidTransition`` for one that is not dead.
    """

    work: UnitOfWorkFactory[JobsWork]
    clock: Clock

    async def __call__(self, actor: Actor, name: str) -> Job:
        """Return it, due at once."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        return await change(self.work, actor, name, lambda job: job.retry(self.clock.now()))

"""Look how the jobs are."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.jobs.job import Job
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListJobs:
    """Show every job that has a row: when it is due, who is at it, how it went, whether it is dead."""

    work: UnitOfWorkFactory[JobsWork]

    async def __call__(self, actor: Actor) -> Sequence[Job]:
        """Return them by name."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            return await work.jobs.all()

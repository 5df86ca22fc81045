"""Let a job go, and note how it went."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.changing import change
from scaicontrol_core.jobs.job import Job, JobReport
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class FinishJob:
    """Note the outcome of a run and when the job is next due; one that fails again and again is dead.

    Raises ``JobLeaseLost`` if somebody else has taken it over: the outcome is theirs to note.
    """

    work: UnitOfWorkFactory[JobsWork]
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        name: str,
        owner: str,
        report: JobReport,
        *,
        every: timedelta,
        claimed: Job | None = None,
    ) -> Job:
        """Return the job as it is now; ``claimed`` is what it was when it was taken up, which spares reading it."""
        actor.require_platform()
        known = None if claimed is None else evolve(claimed)  # the verb may fail, and this be tried again
        return await change(
            self.work, actor, name, lambda job: job.finish(owner, self.clock.now(), report, every=every), known=known
        )

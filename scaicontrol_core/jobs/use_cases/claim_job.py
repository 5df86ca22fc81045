"""Take a job up, if it is due and nobody is at it."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.changing import change
from scaicontrol_core.jobs.errors import JobHeld
from scaicontrol_core.jobs.job import Job
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class JobClaim:
    """Who wants which job, how often it runs, and for how long a silent runner keeps it.

    ``by_hand``: whether it is due does not matter, nor whether it is dead; who holds it does.
    """

    name: str
    owner: str
    every: timedelta
    lease: timedelta
    by_hand: bool = False


@frozen
class ClaimJob:
    """Put a lease on a job by a conditional update: of many that want it, one gets it."""

    work: UnitOfWorkFactory[JobsWork]
    clock: Clock

    async def __call__(self, actor: Actor, claim: JobClaim) -> Job | None:
        """Return it, or None if it is not due. Raises ``JobHeld`` to who claims by hand what somebody is at."""
        actor.require_platform()
        now = self.clock.now()
        found: Job | None = None
        if not claim.by_hand:
            async with self.work.begin(actor, read_only=True) as work:
                found = await work.jobs.find(claim.name)
            if found is not None and not found.is_due(now):
                return None

        def take(job: Job) -> bool | None:
            if not (claim.by_hand or job.is_due(now)):
                return False
            job.claim(claim.owner, now, every=claim.every, lease=claim.lease)
            return None

        try:
            job = await change(self.work, actor, claim.name, take, born_at=now, known=found)
        except JobHeld:
            if claim.by_hand:
                raise
            return None
        return job if job.lease_owner == claim.owner else None

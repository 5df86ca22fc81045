"""Running a job under its lease: the same for workers, for a server that runs its own, and by hand.

The lease is renewed while a slice runs. Whoever loses it stops: the job is somebody else's.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from attrs import define, field

from scaicontrol_adapters.job_leases import kept, runner_name
from scaicontrol_adapters.tracing import of_job
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.errors import JobLeaseLost
from scaicontrol_core.jobs.job import JobOutcome, JobReport
from scaicontrol_core.jobs.use_cases.claim_job import ClaimJob, JobClaim
from scaicontrol_core.jobs.use_cases.finish_job import FinishJob
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError
from scaicontrol_core.kernel.redaction import redact

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container
    from scaicontrol_core.jobs.job import Job
    from scaicontrol_jobs.schedule import PeriodicJob

#: With more to do it goes on for so long; then others may have a turn at the job.
BUDGET_SECONDS = 60.0
#: A slice that takes longer hangs, and is ended.
SLICE_SECONDS = 1800.0
#: Jobs that run at least so often may be kept between their turns.
_OFTEN_SECONDS = 2
_ACTOR = Actor.system("jobs")
#: What does not answer, or asks to be called later: no fault of ours.
_AWAY = {ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE, ErrorKind.LIMITED}

log = structlog.get_logger(__name__)


@define(eq=False)
class Runner:
    """Runs jobs in this process. ``stopping`` ends each after the slice that is under way.

    ``linger_seconds``: a job that is due again soon is kept that long, and its row left alone meanwhile.
    """

    container: Container
    stopping: asyncio.Event = field(factory=asyncio.Event)
    linger_seconds: float = 0.0

    @property
    def lease(self) -> timedelta:
        """How long a job stays with a runner that says nothing."""
        return timedelta(seconds=self.container.settings.job_lease_seconds)

    async def run(
        self, job: PeriodicJob, *, by_hand: bool = False, woken: asyncio.Event | None = None
    ) -> JobReport | None:
        """Claim the job, run it and note how it went; return None if it is not due, or somebody is at it.

        Raises what the database raises, and ``JobHeld`` by hand. What the job itself raises is in the report.
        """
        claim = JobClaim(
            name=job.name,
            owner=runner_name(self.container.ids),
            every=_interval(job),
            lease=self.lease,
            by_hand=by_hand,
        )
        claimed = await self.container.use(ClaimJob)(_ACTOR, claim)
        if claimed is None:
            return None
        work = asyncio.create_task(self._held(job, claim, woken), name=job.name)
        try:
            report = await work
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                work.cancel()
                raise
            log.warning("job_lease_lost", job=job.name)
            return None
        return await self._finish(job, claim, claimed, report)

    async def _held(self, job: PeriodicJob, claim: JobClaim, woken: asyncio.Event | None) -> JobReport:
        async with kept(self.container, _ACTOR, claim):
            return await self._slices(job, woken)

    async def _slices(self, job: PeriodicJob, woken: asyncio.Event | None) -> JobReport:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            while True:
                async with asyncio.timeout(SLICE_SECONDS):
                    with of_job(self.container.tracing, job.name):
                        more = await job.run(self.container)
                elapsed = loop.time() - started
                if more and (self.stopping.is_set() or elapsed >= BUDGET_SECONDS):
                    return JobReport(outcome=JobOutcome.MORE)
                if not more:
                    if self.stopping.is_set() or not self._lingers(job, elapsed):
                        return JobReport(outcome=JobOutcome.DONE)
                    await pause(job.every_seconds, self.stopping, woken)
                    if self.stopping.is_set():
                        return JobReport(outcome=JobOutcome.DONE)
        except ScaiControlError as error:
            outcome = JobOutcome.AWAY if error.kind in _AWAY else JobOutcome.FAULT
            return JobReport(outcome=outcome, error=str(redact(f"{error.code}: {error.message}")))
        except (OSError, TimeoutError) as error:
            log.warning("job_away", job=job.name, exc_info=True)
            return JobReport(outcome=JobOutcome.AWAY, error=type(error).__name__)
        except Exception as error:
            # Whatever befell this time, the next time may be well. Its words may be anybody's: only its name is kept.
            log.exception("job_fault", job=job.name)
            return JobReport(outcome=JobOutcome.FAULT, error=type(error).__name__)

    def _lingers(self, job: PeriodicJob, elapsed: float) -> bool:
        return job.every_seconds <= _OFTEN_SECONDS and elapsed + job.every_seconds <= self.linger_seconds

    async def _finish(self, job: PeriodicJob, claim: JobClaim, claimed: Job, report: JobReport) -> JobReport | None:
        finish = self.container.use(FinishJob)
        try:
            row = await finish(_ACTOR, job.name, claim.owner, report, every=_interval(job), claimed=claimed)
        except JobLeaseLost:
            log.warning("job_lease_lost", job=job.name)
            return None
        if report.outcome.is_failure:
            log.log(
                40 if report.outcome is JobOutcome.FAULT else 30,
                "job_failed",
                job=job.name,
                failures=row.failures,
                reason=report.error,
                dead=row.is_dead,
            )
        return report


async def pause(seconds: float, *events: asyncio.Event | None) -> None:
    """Let time pass, or less if one of the events is set; the ones but the first are cleared."""
    waiting = [asyncio.create_task(event.wait()) for event in events if event is not None]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    for event in events[1:]:
        if event is not None:
            event.clear()


def _interval(job: PeriodicJob) -> timedelta:
    return timedelta(seconds=job.every_seconds)

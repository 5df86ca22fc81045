"""A job: when it is due, whose it is, how it went."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import define, field, frozen

from scaicontrol_core.jobs.errors import JobHeld, JobLeaseLost
from scaicontrol_core.jobs.events import JobDied, JobRetried
from scaicontrol_core.jobs.lifecycle import JOB_LIFECYCLE, JobStatus
from scaicontrol_core.jobs.timing import MOST_FAULTS, wait_after
from scaicontrol_core.kernel.events import Event, Recorder

#: Longest text that is kept of an error.
ERROR_LENGTH = 300


class JobOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    MORE = "more"
    """It stopped in between; what is left is due at once."""
    AWAY = "away"
    """Something it needs does not answer."""
    FAULT = "fault"

    @property
    def is_failure(self) -> bool:
        """Tell whether it is tried ever later."""
        return self in {JobOutcome.AWAY, JobOutcome.FAULT}


@frozen(kw_only=True)
class JobReport:
    """How a run of a job went; ``error`` is a short text without secrets."""

    outcome: JobOutcome
    error: str | None = None


@define(kw_only=True, eq=False)
class Job(Recorder):
    """A periodic job. ``failures`` counts those in a row, ``faults`` the ones among them that are ours."""

    name: str
    status: JobStatus = JobStatus.ACTIVE
    next_at: datetime
    lease_owner: str | None = None
    lease_until: datetime | None = None
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_outcome: JobOutcome | None = None
    last_error: str | None = None
    failures: int = 0
    faults: int = 0
    runs: int = 0
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_dead(self) -> bool:
        """Tell whether a person has to look at it."""
        return self.status is JobStatus.DEAD

    def is_held(self, at: datetime) -> bool:
        """Tell whether somebody is at it."""
        return self.lease_until is not None and self.lease_until > at

    def is_due(self, at: datetime) -> bool:
        """Tell whether it should run. One whose runner vanished is due, whenever it would be next."""
        if self.is_dead or self.is_held(at):
            return False
        return self.lease_owner is not None or self.next_at <= at

    def seconds_late(self, at: datetime) -> int:
        """Return for how many seconds it has been due without anybody being at it; 0 if it is not."""
        since = self.next_at if self.lease_until is None else self.lease_until
        return max(0, int((at - since).total_seconds())) if self.is_due(at) else 0

    def claim(self, owner: str, at: datetime, *, every: timedelta, lease: timedelta) -> None:
        """Take it up; raises ``JobHeld`` while somebody is at it.

        The turn after this is set now: whoever wants it sooner meanwhile (``wake``) is not forgotten.
        """
        if self.lease_owner is not None and self.lease_until is not None and self.is_held(at):
            raise JobHeld.by(self.name, self.lease_owner, self.lease_until)
        self.lease_owner, self.lease_until = owner, at + lease
        self.last_started_at = at
        self.next_at = at + every
        self.runs += 1

    def hold(self, owner: str, at: datetime, *, lease: timedelta) -> None:
        """Keep at it; raises ``JobLeaseLost`` if somebody else is by now."""
        self._require(owner)
        self.lease_until = at + lease

    def finish(self, owner: str, at: datetime, report: JobReport, *, every: timedelta) -> None:
        """Let it go, and note how it went; raises ``JobLeaseLost`` if somebody else has it by now."""
        self._require(owner)
        self.lease_owner = self.lease_until = None
        self.last_finished_at, self.last_outcome = at, report.outcome
        if not report.outcome.is_failure:
            self.failures = self.faults = 0
            self.last_error = None
            if report.outcome is JobOutcome.MORE:
                self.next_at = at
            return
        self.failures += 1
        self.faults += report.outcome is JobOutcome.FAULT
        self.last_error = (report.error or "")[:ERROR_LENGTH] or None
        self.next_at = at + wait_after(every, self.failures)
        if self.faults >= MOST_FAULTS and report.outcome is JobOutcome.FAULT and not self.is_dead:
            self._move(JobStatus.DEAD)
            self._record(
                JobDied(
                    resource_id=self.name,
                    ordinal=self.version + 1,
                    failures=self.failures,
                    last_error=self.last_error,
                    changes={"status": (JobStatus.ACTIVE.value, JobStatus.DEAD.value)},
                )
            )

    def wake(self, at: datetime) -> bool:
        """Have it run soon; tell whether that changes anything. One that fails keeps its pace."""
        if self.is_dead or self.failures or self.next_at <= at:
            return False
        self.next_at = at
        return True

    def retry(self, at: datetime) -> None:
        """Have a dead one run by itself again, at once; raises ``InvalidTransition`` for any other."""
        self._move(JobStatus.ACTIVE)
        self._record(
            JobRetried(
                resource_id=self.name,
                ordinal=self.version + 1,
                failures=self.failures,
                last_error=self.last_error,
                changes={"status": (JobStatus.DEAD.value, JobStatus.ACTIVE.value)},
            )
        )
        self.failures = self.faults = 0
        self.next_at = at

    def _require(self, owner: str) -> None:
        if self.lease_owner != owner:
            raise JobLeaseLost(self.name)

    def _move(self, target: JobStatus) -> None:
        JOB_LIFECYCLE.require(self.status, target)
        self.status = target

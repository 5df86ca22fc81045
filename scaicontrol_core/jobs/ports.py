"""What jobs need of the outside: their rows. Only the platform has any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from scaicontrol_core.jobs.job import Job
from scaicontrol_core.kernel.work import UnitOfWork


class Jobs(Protocol):
    """All jobs that ever ran, or were due to."""

    async def get(self, name: str) -> Job:
        """Return one, or raise ``NotFound`` (``job_not_found``)."""
        ...

    async def find(self, name: str) -> Job | None:
        """Return one, or None before its first run."""
        ...

    async def all(self) -> Sequence[Job]:
        """Return all, by name."""
        ...

    async def add(self, job: Job) -> None:
        """Store a new one; raises ``Conflict`` if somebody else did first."""
        ...

    async def save(self, job: Job) -> None:
        """Store a changed one where its version still matches; raises ``Stale``."""
        ...


class JobsWork(UnitOfWork, Protocol):
    """A transaction over jobs."""

    @property
    def jobs(self) -> Jobs:
        """The jobs."""
        ...

"""Jobs in memory."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from scaicontrol_core.jobs.job import Job
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.memory_store import MemoryCollection


class MemoryJobs(MemoryCollection[Job]):
    """The platform alone sees them."""

    table = "periodic_jobs"
    what = "job"

    async def find(self, name: str) -> Job | None:
        """Return one, or None before its first run."""
        return self._find(name)

    async def all(self) -> Sequence[Job]:
        """Return all, by name."""
        return sorted(self._visible(), key=lambda job: job.name)

    def _key(self, row: Job) -> Hashable:
        return row.name

    def _reaches(self, scope: Scope, row: Job) -> bool:
        del scope, row
        return False

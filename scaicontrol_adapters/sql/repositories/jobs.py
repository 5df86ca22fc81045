"""The rows of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.sql.mapping import Fields, enum
from scaicontrol_adapters.sql.repositories.base import Repository, Table
from scaicontrol_adapters.sql.rows.jobs import JobRow
from scaicontrol_core.jobs.job import Job, JobOutcome
from scaicontrol_core.jobs.lifecycle import JobStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

_JOBS: Table[Job] = Table(
    JobRow,
    Fields(Job, codecs={"status": enum(JobStatus), "last_outcome": enum(JobOutcome)}),
    what="job",
    key="name",
)


class SqlJobs(Repository[Job]):
    """Periodic jobs (port ``Jobs``): changing one is an update where its version still matches."""

    table = _JOBS

    async def get(self, name: str) -> Job:
        """Return one, or raise ``NotFound``."""
        return await self.load(name)

    async def find(self, name: str) -> Job | None:
        """Return one, or None before its first run."""
        return await self.load_if_there(name)

    async def all(self) -> Sequence[Job]:
        """Return all, by name."""
        return await self.all_where(order=(JobRow.name,))

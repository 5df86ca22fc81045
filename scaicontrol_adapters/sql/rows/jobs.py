"""Jobs: when each is due, who is at it, how it went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import Code, PlatformOnly, Row, one_of, state_of, table
from scaicontrol_core.jobs.job import ERROR_LENGTH, JobOutcome
from scaicontrol_core.jobs.lifecycle import JOB_LIFECYCLE

_NAME, _OWNER = 60, 100


class JobRow(Row, PlatformOnly):
    """A periodic job; there are as many rows as the schedule has names, so that no index but the key is needed."""

    __tablename__ = "periodic_jobs"
    __table_args__ = table(state_of(JOB_LIFECYCLE), one_of("last_outcome", JobOutcome))

    name: Mapped[str] = mapped_column(String(_NAME), primary_key=True)
    status: Mapped[Code]
    next_at: Mapped[datetime]
    lease_owner: Mapped[str | None] = mapped_column(String(_OWNER))
    lease_until: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_finished_at: Mapped[datetime | None]
    last_outcome: Mapped[Code | None]
    last_error: Mapped[str | None] = mapped_column(String(ERROR_LENGTH))
    failures: Mapped[int]
    faults: Mapped[int]
    runs: Mapped[int]
    version: Mapped[int]

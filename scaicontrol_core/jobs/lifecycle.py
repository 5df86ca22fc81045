"""The states of a job."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class JobStatus(StrEnum):
    """Whether a job runs by itself."""

    ACTIVE = "active"
    DEAD = "dead"
    """It failed too often in a row; a person looks at it and has it tried again."""


JOB_LIFECYCLE: Lifecycle[JobStatus] = Lifecycle(
    name="job",
    initial=JobStatus.ACTIVE,
    edges={
        JobStatus.ACTIVE: frozenset({JobStatus.DEAD}),
        JobStatus.DEAD: frozenset({JobStatus.ACTIVE}),
    },
)

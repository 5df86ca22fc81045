"""What the audit log hears of jobs: that one is given up, and that a person has it tried again."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class JobEvent(Event):
    """Something about a job; ``changes`` say what."""

    resource_type: ClassVar[str] = "job"


@frozen(kw_only=True)
class JobDied(JobEvent):
    """It failed so often in a row that it runs no more by itself."""

    action: ClassVar[str] = "job.died"

    failures: int
    last_error: str | None


@frozen(kw_only=True)
class JobRetried(JobEvent):
    """Somebody has it run by itself again."""

    action: ClassVar[str] = "job.retried"

    failures: int
    last_error: str | None

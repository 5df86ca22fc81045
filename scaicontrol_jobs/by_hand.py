"""A job run by hand: by its name, to its end, under its lease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.jobs.job import JobOutcome, JobReport
from scaicontrol_jobs.running import Runner
from scaicontrol_jobs.schedule import SCHEDULE

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container


def interval_seconds(name: str) -> int:
    """Return how often a job runs."""
    return next(job.every_seconds for job in SCHEDULE if job.name == name)


async def run(container: Container, name: str) -> JobReport | None:
    """Run a job, due or not, until nothing is left; None if it was lost to another. Raises ``JobHeld``."""
    job = next(job for job in SCHEDULE if job.name == name)
    report = await Runner(container).run(job, by_hand=True)
    while report is not None and report.outcome is JobOutcome.MORE:
        report = await Runner(container).run(job, by_hand=True)
    return report

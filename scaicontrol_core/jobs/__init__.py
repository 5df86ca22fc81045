"""Jobs: what runs by itself, who runs it just now, and how it went.

A row per job is the truth: when it is next due, under whose lease it runs, how often in a row it
failed. Whatever carries its name about (a queue, a timer) may lose it, double it or be late.
"""

from __future__ import annotations

from scaicontrol_core.jobs.errors import JobHeld, JobLeaseLost
from scaicontrol_core.jobs.job import Job, JobOutcome, JobReport
from scaicontrol_core.jobs.lifecycle import JOB_LIFECYCLE, JobStatus
from scaicontrol_core.jobs.ports import Jobs, JobsWork

__all__ = [
    "JOB_LIFECYCLE",
    "Job",
    "JobHeld",
    "JobLeaseLost",
    "JobOutcome",
    "JobReport",
    "JobStatus",
    "Jobs",
    "JobsWork",
]

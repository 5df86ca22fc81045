"""A worker whose jobs leave traces in a folder: ``python -m dramatiq tests.services.job_worker:broker``.

The folder is the data folder of its settings; each job is told there what to do.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_jobs.actors import declare
from scaicontrol_jobs.broker import make_broker
from scaicontrol_jobs.schedule import PeriodicJob


def note(folder: Path, name: str) -> None:
    """Add a line to the trace of a job: the process that was at it."""
    with (folder / name).open("a") as trace:
        trace.write(f"{os.getpid()}\n")


async def once(container: Container) -> bool:
    """Leave a trace."""
    note(container.settings.data_dir, "once")
    return False


async def endless(container: Container) -> bool:
    """Leave a trace, in slices without an end."""
    note(container.settings.data_dir, "endless")
    await asyncio.sleep(0.05)
    return True


async def stuck(container: Container) -> bool:
    """Leave a trace; the first one at it never comes to its end."""
    note(container.settings.data_dir, "stuck")
    if len((container.settings.data_dir / "stuck").read_text().split()) == 1:
        await asyncio.Event().wait()
    note(container.settings.data_dir, "unstuck")
    return False


SCHEDULE = tuple(PeriodicJob(name=run.__name__, every_seconds=3600, run=run) for run in (once, endless, stuck))


def _broker() -> object:
    settings = Settings.from_environment()
    broker = make_broker(settings.redis_url)
    declare(broker, settings, [job for job in SCHEDULE if job.name in os.environ["SCAICONTROL_TEST_JOBS"].split(",")])
    return broker


if "SCAICONTROL_TEST_JOBS" in os.environ:
    broker = _broker()

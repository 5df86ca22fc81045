"""Jobs inside the server's own process: what an embedded installation has instead of workers.

The server names ``scaicontrol_jobs.embedded:start`` in its settings and enters it for as long
as it serves. Leases are in the database: of several servers on one, each job runs in one.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.jobs.timing import wait_after
from scaicontrol_jobs.reactions import bell
from scaicontrol_jobs.running import Runner, pause
from scaicontrol_jobs.schedule import SCHEDULE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from scaicontrol_adapters.container import Container
    from scaicontrol_jobs.schedule import PeriodicJob

#: How long a job that is under way may go on once the server stops.
GRACE_SECONDS = 10.0
#: How long a job that runs every few seconds is kept, so that an idle database is not written to all the time.
LINGER_SECONDS = 20.0
#: How often at most, and how seldom at least, each job's row is looked at.
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.05, 10.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def start(container: Container, schedule: Sequence[PeriodicJob] = SCHEDULE) -> AsyncIterator[None]:
    """Run every job of the schedule whenever its row says so, until the block is left.

    A job's error is noted in its row and logged: it never ends the server. Leaving lets what
    is under way finish within ``GRACE_SECONDS``, then cancels it: its lease runs out.
    """
    runner = Runner(container, linger_seconds=LINGER_SECONDS)
    woken = {job.name: asyncio.Event() for job in schedule}

    async def ring(names: Collection[str]) -> None:
        for name in names:
            if name in woken:
                woken[name].set()

    tasks = [asyncio.create_task(_repeat(job, runner, woken[job.name]), name=job.name) for job in schedule]
    try:
        with bell(container, ring):
            yield
    finally:
        runner.stopping.set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                log.warning("job_cancelled", job=task.get_name())
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: PeriodicJob, runner: Runner, woken: asyncio.Event) -> None:
    failures = 0
    while not runner.stopping.is_set():
        try:
            await runner.run(job, woken=woken)
            failures = 0
        except Exception:
            # The row itself is out of reach: the database is away, or has no tables yet.
            failures += 1
            log.exception("job_failed", job=job.name, failures=failures)
        await pause(_look_again_after(job, failures), runner.stopping, woken)


def _look_again_after(job: PeriodicJob, failures: int) -> float:
    """Return when to look at the row again. Due or not is the row's to say; looking costs one read."""
    every = min(max(float(job.every_seconds), _SHORTEST_SECONDS), _LONGEST_SECONDS)
    return wait_after(timedelta(seconds=every), failures).total_seconds()

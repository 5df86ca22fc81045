"""Jobs inside the server's own process: what an embedded installation has instead of workers.

The server names ``scaicontrol_jobs.embedded:start`` in its settings and enters it for as long
as it serves.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_jobs.schedule import SCHEDULE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from scaicontrol_adapters.container import Container
    from scaicontrol_jobs.schedule import PeriodicJob

#: How long a job that is under way may go on once the server stops.
GRACE_SECONDS = 10.0
#: After failures in a row a job waits ever longer, up to this.
LONGEST_WAIT_SECONDS = 60.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def start(container: Container, schedule: Sequence[PeriodicJob] = SCHEDULE) -> AsyncIterator[None]:
    """Run every job of the schedule, at once and then at its interval, until the block is left.

    A job's error is logged and the job tried again later: it never ends the server. Leaving
    lets what is under way finish within ``GRACE_SECONDS``, then cancels it.
    """
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_repeat(job, container, stopping), name=job.name) for job in schedule]
    try:
        yield
    finally:
        stopping.set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                log.warning("job_cancelled", job=task.get_name())
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: PeriodicJob, container: Container, stopping: asyncio.Event) -> None:
    failures = 0
    while not stopping.is_set():
        more = False
        try:
            more = await job.run(container)
            failures = 0
        except ScaiControlError as error:
            failures += 1
            log.warning("job_failed", job=job.name, failures=failures, code=error.code, reason=error.message)
        except Exception:
            # Whatever befell this time, the next time may be well.
            failures += 1
            log.exception("job_failed", job=job.name, failures=failures)
        if not more:
            await _pause(stopping, wait_seconds(job, failures))


def wait_seconds(job: PeriodicJob, failures: int) -> float:
    """Return the interval; after failures in a row twice as long each time, within reason."""
    longest = max(LONGEST_WAIT_SECONDS, job.every_seconds)
    return min(job.every_seconds * 2.0 ** min(failures, 10), longest)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return

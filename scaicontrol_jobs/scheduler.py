"""The scheduler: sends a tick for whatever the rows say is due. Any number may run; rows decide, ticks do not."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import structlog
from attrs import define, field

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.use_cases.list_jobs import ListJobs
from scaicontrol_jobs.broker import Pusher, make_broker
from scaicontrol_jobs.running import pause
from scaicontrol_jobs.schedule import SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_jobs.reactions import Bell
    from scaicontrol_jobs.schedule import PeriodicJob

#: How often the rows are looked at.
TURN_SECONDS = 0.5
#: A tick that led to nothing (lost with Redis, or no worker is there) is sent again after this long.
AGAIN_SECONDS = 5.0
_ACTOR = Actor.system("scheduler")

log = structlog.get_logger(__name__)


@define(eq=False)
class Scheduler:
    """Looks at the rows and sends ticks."""

    container: Container
    push: Bell
    schedule: Sequence[PeriodicJob] = SCHEDULE
    _sent: dict[str, tuple[int, float]] = field(factory=dict, init=False)

    async def turn(self) -> tuple[str, ...]:
        """Send a tick for what is due and was not ticked just now; return the names."""
        rows = {job.name: job for job in await self.container.use(ListJobs)(_ACTOR)}
        now, moment = self.container.clock.now(), asyncio.get_running_loop().time()
        due = []
        for job in self.schedule:
            row = rows.get(job.name)
            if row is not None and not row.is_due(now):
                continue
            version = 0 if row is None else row.version
            before = self._sent.get(job.name)
            if before is None or before[0] != version or moment - before[1] >= AGAIN_SECONDS:
                self._sent[job.name] = version, moment
                due.append(job.name)
        if due:
            await self.push(due)
        return tuple(due)

    async def run(self, stopping: asyncio.Event) -> None:
        """Turn until told to stop; a database that is away is asked again."""
        while not stopping.is_set():
            try:
                await self.turn()
            except Exception as failure:  # noqa: BLE001  # it may be back at the next turn
                log.warning("scheduler_turn_failed", failure=type(failure).__name__)
            await pause(TURN_SECONDS, stopping)


async def serve(settings: Settings) -> None:
    """Be the scheduler until SIGTERM or Ctrl-C."""
    configure_logging(settings)
    stopping = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    async with Container.from_settings(settings) as container:
        push = Pusher(make_broker(container.settings.redis_url), SCHEDULE)
        log.info("scheduling", jobs=len(SCHEDULE))
        await Scheduler(container, push).run(stopping)
        log.info("stopping")

"""The actor that workers run: it gets a job's name, and asks the job's row whether there is anything to do."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import dramatiq
import structlog
from attrs import define, field
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import Middleware

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.redis.job_queue import QUICK
from scaicontrol_core.jobs.job import JobOutcome
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_jobs.broker import ACTOR, Pusher
from scaicontrol_jobs.reactions import bell
from scaicontrol_jobs.running import Runner
from scaicontrol_jobs.schedule import SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_jobs.schedule import PeriodicJob

log = structlog.get_logger(__name__)


@define(eq=False)
class Workplace(Middleware):
    """What a worker's process has while it lives: a container in the loop that its actors run in.

    It comes after ``AsyncIO`` in the list of middleware, so that the loop runs before it and ends after it.
    """

    settings: Settings
    schedule: Sequence[PeriodicJob] = SCHEDULE
    _runner: Runner | None = field(default=None, init=False)
    _pusher: Pusher | None = field(default=None, init=False)
    _open: ExitStack = field(factory=ExitStack, init=False)

    def before_worker_boot(self, broker: dramatiq.Broker, worker: Any) -> None:
        """Build the container where its connections will be used."""
        del worker
        _in_loop(self._begin(broker))

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        """End every job after the slice that is under way."""
        del broker, worker
        if self._runner is not None:
            _loop().loop.call_soon_threadsafe(self._runner.stopping.set)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        """Close what was opened; what is under way still is left to its lease."""
        del broker, worker
        _in_loop(self._end())

    async def run(self, name: str) -> None:
        """Run the job of this name if it is due and nobody is at it. Raises ``NotFound`` for an unknown one."""
        job = next((each for each in self.schedule if each.name == name), None)
        if job is None:
            raise NotFound.of("job", str(name)[:60])
        if self._runner is None or self._pusher is None or self._runner.stopping.is_set():
            return
        try:
            report = await self._runner.run(job)
        except Exception as failure:  # noqa: BLE001  # the database is away; the row stays due, and is ticked again
            log.warning("job_unreachable", job=name, failure=type(failure).__name__)
            return
        if report is not None and report.outcome is JobOutcome.MORE and not self._runner.stopping.is_set():
            await self._pusher([name])

    async def _begin(self, broker: dramatiq.Broker) -> None:
        container = Container.from_settings(self.settings)
        self._runner, self._pusher = Runner(container), Pusher(broker, self.schedule)
        self._open.enter_context(bell(container, self._pusher))

    async def _end(self) -> None:
        self._open.close()
        if self._runner is not None:
            late = [task for task in asyncio.all_tasks() if task.get_name() in {job.name for job in self.schedule}]
            for task in late:
                log.warning("job_cancelled", job=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            await self._runner.container.aclose()


def declare(broker: dramatiq.Broker, settings: Settings, schedule: Sequence[PeriodicJob] = SCHEDULE) -> Workplace:
    """Let a broker's workers run the jobs of a schedule."""
    workplace = Workplace(settings, schedule)
    broker.add_middleware(workplace)

    async def run_job(name: str) -> None:
        await workplace.run(name)

    # Which queue a job waits in is settled where it is sent.
    dramatiq.actor(actor_name=ACTOR, queue_name=QUICK, broker=broker)(run_job)
    return workplace


def _loop() -> Any:  # Dramatiq's thread with an event loop
    return get_event_loop_thread()


def _in_loop(work: Any) -> None:
    _loop().run_coroutine(work)

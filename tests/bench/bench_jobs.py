"""Jobs through the queue and their leases, beside Dramatiq with an actor that does nothing, on the same Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import dramatiq
from dramatiq.message import Message
from dramatiq.worker import Worker

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.redis.job_queue import QUEUES, SLOW
from scaicontrol_adapters.settings import Settings
from scaicontrol_jobs.actors import declare
from scaicontrol_jobs.broker import Pusher, make_broker
from scaicontrol_jobs.schedule import PeriodicJob
from tests.bench.measured import Measured

#: Of each the first ones open connections and load modules, and are not counted.
_FIRST, _JOBS, _BARE, _THREADS = 50, 550, 3050, 8


class _Count:
    """Tells when so many have run, and how many a second after the first few; everything runs in one loop."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._done, self._started, self.rate = wanted, 0, 0.0, 0.0
        self.reached = Event()

    def one(self) -> None:
        """Count one."""
        self._done += 1
        if self._done == _FIRST:
            self._started = time.perf_counter()
        if self._done == self._wanted:
            self.rate = (self._wanted - _FIRST) / (time.perf_counter() - self._started)
            self.reached.set()


def _rate(broker: Any, count: _Count) -> float:
    worker = Worker(broker, queues=set(QUEUES), worker_threads=_THREADS, worker_timeout=50)
    worker.start()
    reached = count.reached.wait(120)
    worker.stop()
    assert reached, "they have not all run"
    return count.rate


def _bare(redis_url: str) -> float:
    broker, count = make_broker(redis_url), _Count(_BARE)

    async def nothing(_: str) -> None:
        count.one()

    dramatiq.actor(actor_name="nothing", queue_name=SLOW, broker=broker)(nothing)
    for number in range(_BARE):
        broker.enqueue(Message(queue_name=SLOW, actor_name="nothing", args=(str(number),), kwargs={}, options={}))
    return _rate(broker, count)


def _ours(settings: Settings) -> float:
    broker, count = make_broker(settings.redis_url), _Count(_JOBS)

    async def nothing(container: Container) -> bool:
        count.one()
        return False

    schedule = [PeriodicJob(name=f"job_{number:03}", every_seconds=3600, run=nothing) for number in range(_JOBS)]
    declare(broker, settings, schedule)
    asyncio.run(Pusher(broker, schedule)([job.name for job in schedule]))
    return _rate(broker, count)


def test_jobs_per_second_under_leases(
    migrated_mariadb_url: str, redis_url: str, tmp_path: Path, record: Callable[[Measured], None]
) -> None:
    bare = _bare(redis_url)
    ours = _ours(Settings(database_url=migrated_mariadb_url, data_dir=tmp_path, redis_url=redis_url))
    record(
        Measured(
            "jobs: message, lease claimed, outcome written", ours, "/s", "Dramatiq, an actor that does nothing", bare,
            None, f"{_THREADS} threads, one process",
        )
    )  # fmt: skip
    assert ours > 17, "every job of the schedule every second"

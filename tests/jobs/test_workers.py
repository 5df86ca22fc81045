"""Workers, a real Redis and a real MariaDB: what is lost, killed, doubled or garbage, and what comes of the work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen
from redis import Redis

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.redis.job_queue import NAMESPACE, QUEUES, SLOW, dead_letters
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.job import Job, JobOutcome
from scaicontrol_core.jobs.use_cases.list_jobs import ListJobs
from scaicontrol_jobs import embedded
from scaicontrol_jobs.broker import Pusher, make_broker
from scaicontrol_jobs.schedule import PeriodicJob
from scaicontrol_jobs.scheduler import Scheduler
from tests.services.job_worker import SCHEDULE
from tests.services.processes import die_with_parent
from tests.services.redis import OwnRedis

PATIENCE = 60
ROOT = Path(__file__).parents[2]
ACTOR = Actor.system("test")

pytestmark = pytest.mark.services


@frozen
class Site:
    """An installation whose jobs leave traces: a database, a Redis, and a folder."""

    settings: Settings
    redis: OwnRedis
    schedule: tuple[PeriodicJob, ...]

    @contextmanager
    def worker(self, grace: int = 5) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker for the length of the block."""
        given = ("--processes", "1", "--threads", "4", "--path", str(ROOT), "--skip-logging")
        environment = {
            "SCAICONTROL_DATABASE_URL": self.settings.database_url,
            "SCAICONTROL_DATA_DIR": str(self.settings.data_dir),
            "SCAICONTROL_REDIS_URL": self.redis.url,
            "SCAICONTROL_JOB_LEASE_SECONDS": str(self.settings.job_lease_seconds),
            "SCAICONTROL_TEST_JOBS": ",".join(job.name for job in self.schedule),
            "dramatiq_restart_delay": "200",
        }
        with (self.settings.data_dir / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "dramatiq", "tests.services.job_worker:broker", *given),
                    *("--worker-shutdown-timeout", str(grace * 1000)),
                ],
                env=os.environ | environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # this process has done with its threads by then
            )
        try:
            yield process
        finally:
            end(process)

    def scheduler(self, container: Container) -> Scheduler:
        """Return a scheduler over the same rows and the same Redis."""
        return Scheduler(container, Pusher(make_broker(self.redis.url), self.schedule), self.schedule)

    def traces(self, name: str) -> list[str]:
        """Return who was at a job, in order."""
        path = self.settings.data_dir / name
        return path.read_text().split() if path.exists() else []


def end(process: subprocess.Popen[bytes]) -> None:
    """End a worker and its processes as a power cut does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def site(tmp_path: Path, migrated_mariadb_url: str, own_redis: OwnRedis) -> Site:
    """A site that has no jobs yet."""
    settings = Settings(
        database_url=migrated_mariadb_url, data_dir=tmp_path, redis_url=own_redis.url, job_lease_seconds=3
    )
    return Site(settings, own_redis, ())


def with_jobs(site: Site, *names: str) -> Site:
    """Return the site with these jobs."""
    return Site(site.settings, site.redis, tuple(job for job in SCHEDULE if job.name in names))


async def until(scheduler: Scheduler, reached: Callable[[], bool]) -> None:
    """Let the scheduler turn until something is the case."""
    async with asyncio.timeout(PATIENCE):
        while not reached():
            await scheduler.turn()
            await asyncio.sleep(0.1)


async def reached(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is the case."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110  # other processes bring it about
            await asyncio.sleep(0.05)


async def row_of(container: Container, name: str) -> Job:
    """Return the row of a job."""
    return next(job for job in await container.use(ListJobs)(ACTOR) if job.name == name)


async def is_free(container: Container, name: str) -> bool:
    """Tell whether a job has run, and nobody is at it."""
    rows = [job for job in await container.use(ListJobs)(ACTOR) if job.name == name]
    return bool(rows) and rows[0].lease_owner is None


async def is_empty(url: str) -> bool:
    """Tell whether no message waits."""
    with Redis.from_url(url) as redis:
        return not any(redis.hlen(f"{NAMESPACE}:{queue}.msgs") for queue in QUEUES)


async def has_put_aside(url: str, count: int) -> bool:
    """Tell whether so many messages were put aside."""
    return len(await dead_letters(url)) == count


async def test_a_killed_workers_job_is_taken_over_when_its_lease_is_over(site: Site) -> None:
    site = with_jobs(site, "stuck")
    async with Container.from_settings(site.settings) as container:
        scheduler = site.scheduler(container)
        with site.worker() as first:
            await until(scheduler, lambda: site.traces("stuck") != [])
            end(first)
        assert (await row_of(container, "stuck")).lease_owner is not None
        with site.worker():
            await until(scheduler, lambda: site.traces("unstuck") != [])
            await reached(lambda: is_free(container, "stuck"))
        row = await row_of(container, "stuck")
    assert len(set(site.traces("stuck"))) == 2
    assert (row.runs, row.last_outcome) == (2, JobOutcome.DONE)


async def test_two_schedulers_and_two_workers_do_each_turns_work_once(site: Site) -> None:
    site = with_jobs(site, "once")
    async with Container.from_settings(site.settings) as container:
        schedulers = [site.scheduler(container) for _ in range(2)]
        with site.worker(), site.worker():
            for _ in range(30):  # most of these ticks come while somebody is at it, or after
                await asyncio.gather(*(each.push(["once"]) for each in schedulers))
            await until(schedulers[0], lambda: site.traces("once") != [])
            await reached(lambda: is_empty(site.redis.url))
        assert len(site.traces("once")) == 1
        assert (await row_of(container, "once")).runs == 1


async def test_told_to_stop_a_worker_ends_between_two_slices_and_leaves_the_rest_due(site: Site) -> None:
    site = with_jobs(site, "endless")
    async with Container.from_settings(site.settings) as container:
        with site.worker(grace=20) as worker:
            await until(site.scheduler(container), lambda: len(site.traces("endless")) > 3)
            worker.terminate()
            assert await asyncio.to_thread(worker.wait, PATIENCE) == 0
        row = await row_of(container, "endless")
        assert (row.last_outcome, row.lease_owner) == (JobOutcome.MORE, None)
        assert row.is_due(container.clock.now())


async def test_garbage_is_put_aside_and_stops_nobody(site: Site) -> None:
    site = with_jobs(site, "once")
    message = '{"queue_name":"slow","actor_name":"run_job","args":[%s],"kwargs":{},"options":{"redis_message_id":"%s"}'
    message += ',"message_id":"%s","message_timestamp":1}'
    garbage = {
        "broken": '{"queue_name": "sl',
        "unknown": message % ('"no_such_job"', "unknown", "unknown"),
        "no_name": message % ("", "no_name", "no_name"),
        "no_actor": (message % ('"once"', "no_actor", "no_actor")).replace("run_job", "format_disk"),
    }
    redis = Redis.from_url(site.redis.url)
    for message_id, text in garbage.items():
        redis.hset(f"{NAMESPACE}:{SLOW}.msgs", message_id, text)
        redis.rpush(f"{NAMESPACE}:{SLOW}", message_id)
    async with Container.from_settings(site.settings) as container:
        with site.worker():
            await until(site.scheduler(container), lambda: site.traces("once") != [])
            await reached(lambda: has_put_aside(site.redis.url, len(garbage)))
    assert {letter.text[:16] for letter in await dead_letters(site.redis.url)} == {
        'format_disk ["on',
        "run_job []",
        'run_job ["no_suc',
        '{"queue_name": "',
    }


async def test_redis_away_and_empty_again_jobs_go_on(site: Site) -> None:
    site = with_jobs(site, "once")
    async with Container.from_settings(site.settings) as container:
        scheduler = site.scheduler(container)
        with site.worker():
            site.redis.restart()
            await scheduler.turn()
            site.redis.forget_all()
            await until(scheduler, lambda: site.traces("once") != [])
        assert len(site.traces("once")) == 1


async def both(one: Container, other: Container, job: PeriodicJob) -> None:
    """Let two servers run a job for one turn."""
    async with embedded.start(one, [job]), embedded.start(other, [job]):
        await reached(lambda: is_free(one, job.name))


async def test_of_several_servers_on_one_database_one_runs_a_job(tmp_path: Path, migrated_mariadb_url: str) -> None:
    settings = Settings(database_url=migrated_mariadb_url, data_dir=tmp_path)
    at_it: list[str] = []

    async def watched(container: Container) -> bool:
        at_it.append(str(id(container)))
        await asyncio.sleep(0.2)
        return False

    job = PeriodicJob(name="watched", every_seconds=3600, run=watched)
    async with Container.from_settings(settings) as one, Container.from_settings(settings) as other:
        await both(one, other, job)
    assert len(at_it) == 1

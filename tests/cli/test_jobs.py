"""Jobs at the command line: how they are, run by hand, brought back, and in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_cli.jobs import SHORT, Job
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.job import JobOutcome, JobReport
from scaicontrol_core.jobs.timing import MOST_FAULTS
from scaicontrol_core.jobs.use_cases.claim_job import ClaimJob, JobClaim
from scaicontrol_core.jobs.use_cases.finish_job import FinishJob
from scaicontrol_jobs.schedule import SCHEDULE

World = Callable[..., Any]
ACTOR = Actor.system("test")
EVERY, LEASE = timedelta(seconds=3), timedelta(minutes=1)


@frozen
class Runner:
    """Somebody else who runs jobs on the same database."""

    database: Path

    def take(self, name: str) -> None:
        """Be at a job."""
        asyncio.run(self._do(self._claim, name))

    def poison(self, name: str) -> None:
        """Fail at a job until it is dead."""
        asyncio.run(self._do(self._fail, name))

    async def _do(self, work: Callable[[Container, str], Any], name: str) -> None:
        settings = Settings(database_url=f"sqlite+aiosqlite:///{self.database}", data_dir=self.database.parent)
        async with Container.from_settings(settings) as container:
            await work(container, name)

    async def _claim(self, container: Container, name: str) -> None:
        claim = JobClaim(name=name, owner="elsewhere:7", every=EVERY, lease=LEASE, by_hand=True)
        await container.use(ClaimJob)(ACTOR, claim)

    async def _fail(self, container: Container, name: str) -> None:
        report = JobReport(outcome=JobOutcome.FAULT, error="ZeroDivisionError")
        for _ in range(MOST_FAULTS):
            await self._claim(container, name)
            await container.use(FinishJob)(ACTOR, name, "elsewhere:7", report, every=EVERY)


def test_every_job_of_the_schedule_can_be_named() -> None:
    assert {job.value for job in Job} - {job.value for job in SHORT} == {job.name for job in SCHEDULE}


def test_a_job_is_run_and_shown(world: World) -> None:
    assert world("admin", "jobs", "run", "monitor_trials", "--json").json == {
        "job": "monitor_trials",
        "outcome": "done",
    }
    world("admin", "jobs", "run", "reap")
    shown = world("admin", "jobs", "status", "--json").json
    assert shown["dead_letters"] == []
    assert [(row["name"], row["runs"], row["last_outcome"], row["held_by"]) for row in shown["jobs"]] == [
        ("monitor_trials", 1, "done", None),
        ("reap_subscriptions", 1, "done", None),
    ]
    assert "monitor_trials" in world("admin", "jobs", "status").stdout


def test_who_is_at_it_is_said_and_nothing_is_done_twice(world: World, home: Path) -> None:
    runner = Runner(home / "scaicontrol.db")
    for short, name in (("reap", "reap_subscriptions"), ("mail", "deliver_mail"), ("watch_usage", "watch_usage")):
        runner.take(name)
        complaint = world("admin", "jobs", "run", short, fails=1).complaint
        assert "elsewhere:7" in complaint
        assert "[job_held]" in complaint


def test_a_dead_job_is_shown_and_brought_back(world: World, home: Path) -> None:
    Runner(home / "scaicontrol.db").poison("deliver_mail")
    (row,) = world("admin", "jobs", "status", "--json").json["jobs"]
    assert (row["status"], row["failures"], row["last_error"]) == ("dead", MOST_FAULTS, "ZeroDivisionError")
    assert world("admin", "jobs", "retry", "deliver_mail", "--json").json["status"] == "active"
    assert "[invalid_transition]" in world("admin", "jobs", "retry", "deliver_mail", fails=1).complaint
    assert "[job_not_found]" in world("admin", "jobs", "retry", "nonsense", fails=1).complaint


def test_workers_and_scheduler_want_redis(world: World) -> None:
    for command in ("worker", "scheduler"):
        assert "[redis_needed]" in world(command, fails=2).complaint
    assert "no queue" in world("worker", "--queue", "fast", fails=2).complaint

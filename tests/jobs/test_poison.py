"""A job that fails again and again ends dead, is shown, and comes back when a person says so."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

from attrs import evolve
from prometheus_client import CollectorRegistry, generate_latest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.job_numbers import JobNumbers
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.job import JobOutcome
from scaicontrol_core.jobs.timing import LONGEST_WAIT, MOST_FAULTS
from scaicontrol_core.jobs.use_cases.claim_job import ClaimJob, JobClaim
from scaicontrol_core.jobs.use_cases.list_jobs import ListJobs
from scaicontrol_core.jobs.use_cases.retry_job import RetryJob
from scaicontrol_core.kernel.errors import Unavailable
from scaicontrol_core.testing import FixedClock
from scaicontrol_jobs.reactions import REACTIONS, bell, jobs_after, react
from scaicontrol_jobs.running import Runner
from scaicontrol_jobs.schedule import SCHEDULE, JobRun, PeriodicJob

ACTOR = Actor.operator("olga")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def job(run: JobRun) -> PeriodicJob:
    """Return the work as a job that runs every three seconds."""
    return PeriodicJob(name="watched", every_seconds=3, run=run)


async def broken(container: Container) -> bool:
    """Fail, in words that should not be repeated."""
    raise ZeroDivisionError(SECRET)


async def away(container: Container) -> bool:
    """Miss something."""
    raise Unavailable(f"The store at https://anna:{SECRET}@store is away.")


async def calm(container: Container) -> bool:
    """Find nothing to do."""
    return False


async def run_often(container: Container, clock: FixedClock, work: PeriodicJob, times: int) -> None:
    """Let a runner try, with time between."""
    for _ in range(times):
        await Runner(container).run(work)
        clock.at += LONGEST_WAIT


async def test_poison_is_given_up_shown_and_brought_back() -> None:
    clock = FixedClock()
    async with Container.in_memory(clock=clock) as container:
        await run_often(container, clock, job(broken), MOST_FAULTS + 5)
        (dead,) = await container.use(ListJobs)(ACTOR)
        assert (dead.is_dead, dead.runs, dead.last_error) == (True, MOST_FAULTS, "ZeroDivisionError")
        numbers = JobNumbers(registry := CollectorRegistry(), container)
        await numbers.look()
        assert b'scaicontrol_job_dead{job="watched"} 1.0' in generate_latest(registry)
        assert f'scaicontrol_job_failures{{job="watched"}} {MOST_FAULTS}.0'.encode() in generate_latest(registry)
        await container.use(RetryJob)(ACTOR, "watched")
        await run_often(container, clock, job(calm), 1)
        (well,) = await container.use(ListJobs)(ACTOR)
        assert (well.is_dead, well.failures, well.last_error, well.last_outcome) == (False, 0, None, JobOutcome.DONE)


async def test_what_is_away_is_waited_for_and_its_secrets_are_not_told() -> None:
    clock = FixedClock()
    async with Container.in_memory(clock=clock) as container:
        await run_often(container, clock, job(away), MOST_FAULTS * 2)
        (row,) = await container.use(ListJobs)(ACTOR)
    assert (row.is_dead, row.failures, row.last_outcome) == (False, MOST_FAULTS * 2, JobOutcome.AWAY)
    assert SECRET not in (row.last_error or "")
    assert (row.last_error or "").startswith("unavailable: ")


async def test_who_loses_the_lease_stops_and_notes_nothing(container: Container) -> None:
    begun = asyncio.Event()
    container.settings = evolve(container.settings, job_lease_seconds=3)

    async def endless(container: Container) -> bool:
        begun.set()
        await asyncio.Event().wait()
        return True

    running = asyncio.create_task(Runner(container).run(job(endless)))
    await begun.wait()
    async with container.work.begin(ACTOR) as work:
        held = await work.jobs.get("watched")  # type: ignore[attr-defined]  # every unit of work has them
        held.lease_until = container.clock.now() - timedelta(seconds=1)
        await work.jobs.save(held)  # type: ignore[attr-defined]
        await work.commit()
    claim = JobClaim(name="watched", owner="other", every=timedelta(seconds=3), lease=timedelta(minutes=1))
    assert await container.use(ClaimJob)(ACTOR, claim) is not None
    assert await running is None
    (row,) = await container.use(ListJobs)(ACTOR)
    assert (row.lease_owner, row.last_outcome) == ("other", None)


async def test_reactions_make_jobs_due_and_ring_for_them(container: Container) -> None:
    rung: list[str] = []

    async def ring(names: Collection[str]) -> None:
        rung.extend(names)

    mails = PeriodicJob(name="deliver_mail", every_seconds=86_400, run=calm)
    await Runner(container).run(mails)
    with bell(container, ring):
        await react(container, ["invoice.issued.v1"])
        await react(container, ["nobody.sees.to.it.v1"])
    assert rung == ["deliver_mail"]
    assert await Runner(container).run(mails) is not None


def test_every_reaction_names_jobs_that_there_are() -> None:
    names = {each.name for each in SCHEDULE}
    assert {name for jobs in REACTIONS.values() for name in jobs} <= names
    assert jobs_after(["x"], deliveries=1) <= names
    assert jobs_after(["webhook.disabled.v1"]) == {"tell_webhook_owners"}

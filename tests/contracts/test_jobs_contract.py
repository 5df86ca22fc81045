"""What every store promises of jobs: of many that want one, one gets it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.jobs.errors import JobHeld, JobLeaseLost
from scaicontrol_core.jobs.job import Job, JobOutcome, JobReport
from scaicontrol_core.jobs.timing import MOST_FAULTS
from scaicontrol_core.jobs.use_cases.claim_job import ClaimJob, JobClaim
from scaicontrol_core.jobs.use_cases.finish_job import FinishJob
from scaicontrol_core.jobs.use_cases.list_jobs import ListJobs
from scaicontrol_core.jobs.use_cases.renew_job_lease import RenewJobLease
from scaicontrol_core.jobs.use_cases.retry_job import RetryJob
from scaicontrol_core.jobs.use_cases.wake_jobs import WakeJobs
from scaicontrol_core.kernel.errors import Forbidden, NotFound, Retryable, ScaiControlError
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing import FixedClock
from scaicontrol_core.testing.clock import DEFAULT_START as NOW

PLATFORM = Actor.system("contract")
PARTNER = Actor.partner_admin("rita", PartnerId("prt_reseller"))
EVERY, LEASE = timedelta(minutes=5), timedelta(seconds=30)
FAULT = JobReport(outcome=JobOutcome.FAULT, error="ZeroDivisionError")


def wanted(owner: str, name: str = "deliver_mail", *, by_hand: bool = False) -> JobClaim:
    return JobClaim(name=name, owner=owner, every=EVERY, lease=LEASE, by_hand=by_hand)


async def claim(factory: Any, owner: str, *, by_hand: bool = False, seconds: float = 0) -> Job | None:
    clock = FixedClock(NOW + timedelta(seconds=seconds))
    for _ in range(20):
        try:
            return await ClaimJob(factory, clock)(PLATFORM, wanted(owner, by_hand=by_hand))
        except Retryable:
            continue
    raise AssertionError("always given up")


async def finish(factory: Any, owner: str, report: JobReport, claimed: Job | None = None) -> Job:
    done = FinishJob(factory, FixedClock())
    return await done(PLATFORM, "deliver_mail", owner, report, every=EVERY, claimed=claimed)


async def test_of_many_that_want_it_at_once_one_gets_it(work_factory: Any) -> None:
    for seconds in (0.0, 400.0):  # the first claim makes the row, the second finds it with a lease that ran out
        got = await asyncio.gather(*(claim(work_factory, f"runner_{number}", seconds=seconds) for number in range(8)))
        winners = [job for job in got if job is not None]
        assert len(winners) == 1
        (kept,) = await ListJobs(work_factory)(PLATFORM)
        assert kept.lease_owner == winners[0].lease_owner


async def test_everything_of_it_is_kept(work_factory: Any) -> None:
    await claim(work_factory, "one")
    await finish(work_factory, "one", FAULT)
    (job,) = await ListJobs(work_factory)(PLATFORM)
    assert (job.last_outcome, job.last_error, job.failures, job.faults) == (JobOutcome.FAULT, "ZeroDivisionError", 1, 1)
    assert (job.runs, job.last_started_at, job.last_finished_at, job.next_at) == (1, NOW, NOW, NOW + EVERY * 1)
    assert (job.lease_owner, job.lease_until) == (None, None)


async def test_held_it_can_be_kept_and_by_hand_one_learns_who_is_at_it(work_factory: Any) -> None:
    await claim(work_factory, "one")
    later = FixedClock(NOW + LEASE - timedelta(seconds=1))
    await RenewJobLease(work_factory, later)(PLATFORM, "deliver_mail", "one", LEASE)
    assert await claim(work_factory, "two", seconds=31) is None
    with pytest.raises(JobHeld, match="one"):
        await claim(work_factory, "two", by_hand=True, seconds=31)
    taken = await claim(work_factory, "two", seconds=60)
    assert taken is not None
    with pytest.raises(JobLeaseLost):
        await RenewJobLease(work_factory, later)(PLATFORM, "deliver_mail", "one", LEASE)
    with pytest.raises(JobLeaseLost):
        await finish(work_factory, "one", JobReport(outcome=JobOutcome.DONE))


async def test_by_hand_it_runs_before_it_is_due(work_factory: Any) -> None:
    await claim(work_factory, "one")
    await finish(work_factory, "one", JobReport(outcome=JobOutcome.DONE))
    assert await claim(work_factory, "two") is None
    assert await claim(work_factory, "two", by_hand=True) is not None


async def test_woken_it_is_due_at_once(work_factory: Any) -> None:
    await claim(work_factory, "one")
    wake = WakeJobs(work_factory, FixedClock())
    assert await wake(PLATFORM, ["deliver_mail", "unheard_of"]) == ("deliver_mail",)
    assert await wake(PLATFORM, ["deliver_mail"]) == ()
    await finish(work_factory, "one", JobReport(outcome=JobOutcome.DONE))
    assert await claim(work_factory, "two") is not None


async def test_who_remembers_it_from_the_claim_forgets_nothing_that_came_between(work_factory: Any) -> None:
    claimed = await claim(work_factory, "one")
    done = await finish(work_factory, "one", JobReport(outcome=JobOutcome.DONE), claimed)
    assert (done.lease_owner, done.next_at) == (None, NOW + EVERY)
    claimed = await claim(work_factory, "two", by_hand=True)
    await WakeJobs(work_factory, FixedClock())(PLATFORM, ["deliver_mail"])
    done = await finish(work_factory, "two", JobReport(outcome=JobOutcome.DONE), claimed)
    assert done.next_at == NOW
    claimed = await claim(work_factory, "three")
    await claim(work_factory, "four", seconds=60)
    with pytest.raises(JobLeaseLost):
        await finish(work_factory, "three", JobReport(outcome=JobOutcome.DONE), claimed)


async def test_a_dead_one_is_shown_and_comes_back_by_hand(work_factory: Any) -> None:
    for _ in range(MOST_FAULTS):
        await claim(work_factory, "one", by_hand=True)
        await finish(work_factory, "one", FAULT)
    (dead,) = await ListJobs(work_factory)(PLATFORM)
    assert dead.is_dead
    assert await claim(work_factory, "two", seconds=10**7) is None
    back = await RetryJob(work_factory, FixedClock())(Actor.operator("olga"), "deliver_mail")
    assert not back.is_dead
    assert await claim(work_factory, "two") is not None


async def test_the_audit_log_knows_who_died_and_who_brought_it_back(work_factory: Any) -> None:
    await test_a_dead_one_is_shown_and_comes_back_by_hand(work_factory)
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        entries = (await work.audit_log.history("job", "deliver_mail", PageRequest())).items
    assert sorted((entry.action, entry.user_id) for entry in entries) == [
        ("job.died", "system:contract"),
        ("job.retried", "cli:olga"),
    ]


async def test_jobs_are_the_platforms_alone(work_factory: Any) -> None:
    await claim(work_factory, "one")
    attempts = (
        lambda: ListJobs(work_factory)(PARTNER),
        lambda: RetryJob(work_factory, FixedClock())(PARTNER, "deliver_mail"),
        lambda: WakeJobs(work_factory, FixedClock())(PARTNER, ["deliver_mail"]),
        lambda: ClaimJob(work_factory, FixedClock())(PARTNER, wanted("rita")),
    )
    for attempt in attempts:
        with pytest.raises(Forbidden):
            await attempt()
    async with work_factory.begin(PARTNER, read_only=True) as work:
        assert await work.jobs.all() == []
        assert await work.jobs.find("deliver_mail") is None


async def test_what_never_ran_can_be_neither_held_nor_retried(work_factory: Any) -> None:
    attempts = (
        lambda: RetryJob(work_factory, FixedClock())(PLATFORM, "unheard_of"),
        lambda: RenewJobLease(work_factory, FixedClock())(PLATFORM, "unheard_of", "one", LEASE),
    )
    for attempt in attempts:
        with pytest.raises(ScaiControlError) as refused:
            await attempt()
        assert isinstance(refused.value, NotFound)
        assert refused.value.code == "job_not_found"

"""A job's life: claimed, held, finished, failed, given up, brought back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.jobs.errors import JobHeld, JobLeaseLost
from scaicontrol_core.jobs.events import JobDied, JobRetried
from scaicontrol_core.jobs.job import Job, JobOutcome, JobReport
from scaicontrol_core.jobs.lifecycle import JobStatus
from scaicontrol_core.jobs.timing import LONGEST_WAIT, MOST_FAULTS, wait_after
from scaicontrol_core.kernel.errors import InvalidTransition
from scaicontrol_core.testing.clock import DEFAULT_START as NOW

EVERY, LEASE = timedelta(minutes=1), timedelta(seconds=30)
DONE, MORE = JobReport(outcome=JobOutcome.DONE), JobReport(outcome=JobOutcome.MORE)
AWAY = JobReport(outcome=JobOutcome.AWAY, error="unavailable: The store is away.")
FAULT = JobReport(outcome=JobOutcome.FAULT, error="ZeroDivisionError")


def claimed(owner: str = "one") -> Job:
    job = Job(name="deliver_mail", next_at=NOW)
    job.claim(owner, NOW, every=EVERY, lease=LEASE)
    return job


def run(job: Job, report: JobReport) -> None:
    job.claim("one", NOW, every=EVERY, lease=LEASE)
    job.finish("one", NOW, report, every=EVERY)


def test_while_somebody_is_at_it_nobody_else_gets_it_and_everybody_learns_who() -> None:
    job = claimed()
    assert not job.is_due(NOW + LEASE - timedelta(seconds=1))
    with pytest.raises(JobHeld, match="deliver_mail is run by one"):
        job.claim("two", NOW, every=EVERY, lease=LEASE)


def test_a_silent_runner_loses_it_at_the_end_of_its_lease_however_far_the_next_turn_is() -> None:
    job = claimed()
    later = NOW + LEASE
    assert job.is_due(later)
    assert job.seconds_late(later + timedelta(seconds=7)) == 7
    job.claim("two", later, every=EVERY, lease=LEASE)
    with pytest.raises(JobLeaseLost):
        job.hold("one", later, lease=LEASE)
    with pytest.raises(JobLeaseLost):
        job.finish("one", later, DONE, every=EVERY)


def test_whoever_keeps_at_it_holds_it_longer() -> None:
    job = claimed()
    job.hold("one", NOW + LEASE, lease=LEASE)
    assert job.is_held(NOW + LEASE)


def test_done_it_waits_for_its_next_turn_and_with_more_to_do_for_nobody() -> None:
    job = claimed()
    job.finish("one", NOW + LEASE, DONE, every=EVERY)
    assert (job.next_at, job.is_due(NOW + LEASE), job.is_due(NOW + EVERY)) == (NOW + EVERY, False, True)
    job.claim("one", NOW + EVERY, every=EVERY, lease=LEASE)
    job.finish("one", NOW + EVERY, MORE, every=EVERY)
    assert job.is_due(NOW + EVERY)


def test_woken_while_it_runs_it_runs_once_more() -> None:
    job = claimed()
    assert job.wake(NOW + timedelta(seconds=1))
    job.finish("one", NOW + timedelta(seconds=2), DONE, every=EVERY)
    assert job.is_due(NOW + timedelta(seconds=2))


def test_one_that_fails_or_is_dead_is_not_hurried() -> None:
    job = Job(name="deliver_mail", next_at=NOW)
    run(job, AWAY)
    assert not job.wake(NOW)
    assert job.next_at == NOW + EVERY * 2


def test_what_does_not_answer_is_tried_for_ever_and_ever_later() -> None:
    job = Job(name="deliver_mail", next_at=NOW)
    for _ in range(MOST_FAULTS * 3):
        run(job, AWAY)
    assert not job.is_dead
    assert (job.failures, job.faults, job.next_at) == (MOST_FAULTS * 3, 0, NOW + LONGEST_WAIT)
    run(job, DONE)
    assert (job.failures, job.last_error) == (0, None)


def test_poison_ends_dead_is_told_and_comes_back_by_hand_only() -> None:
    job = Job(name="deliver_mail", next_at=NOW)
    for _ in range(MOST_FAULTS):
        assert not job.is_dead
        run(job, FAULT)
    assert job.is_dead
    assert not job.is_due(NOW + timedelta(days=99))
    (died,) = job.collect_events()
    assert isinstance(died, JobDied)
    assert (died.failures, died.last_error) == (MOST_FAULTS, "ZeroDivisionError")
    job.retry(NOW)
    (retried,) = job.collect_events()
    assert isinstance(retried, JobRetried)
    assert job.status is JobStatus.ACTIVE
    assert job.is_due(NOW)
    with pytest.raises(InvalidTransition):
        job.retry(NOW)


def test_a_dead_one_that_a_person_runs_stays_dead_until_it_is_brought_back() -> None:
    job = Job(name="deliver_mail", next_at=NOW)
    for _ in range(MOST_FAULTS):
        run(job, FAULT)
    run(job, FAULT)
    run(job, DONE)
    assert job.is_dead


def test_errors_are_kept_short() -> None:
    job = Job(name="deliver_mail", next_at=NOW)
    run(job, JobReport(outcome=JobOutcome.FAULT, error="x" * 5000))
    assert len(job.last_error or "") == 300


@given(st.integers(1, 90_000), st.integers(0, 10_000))
def test_the_wait_grows_with_failures_and_has_an_end(seconds: int, failures: int) -> None:
    every = timedelta(seconds=seconds)
    waits = [wait_after(every, failures), wait_after(every, failures + 1)]
    assert every <= waits[0] <= waits[1] <= max(every, LONGEST_WAIT)

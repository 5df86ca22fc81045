"""The billing calendar: whatever happens to a subscription, its periods tile time and are owed once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions import BillingSchedule, DuePeriod, Pause

RECURRING = [cadence for cadence in Cadence if cadence.recurs]
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
SCHEDULES = st.builds(BillingSchedule, anchor=DAYS, cadence=st.sampled_from(RECURRING))


@st.composite
def histories(draw: st.DrawFn) -> tuple[BillingSchedule, date]:
    """A schedule with pauses and some of its periods billed, and a day after all of that."""
    schedule = draw(SCHEDULES)
    day = schedule.anchor
    for _ in range(draw(st.integers(0, 4))):
        day += timedelta(days=draw(st.integers(0, 90)))
        schedule = schedule.paused(day)
        day += timedelta(days=draw(st.integers(0, 90)))
        schedule = schedule.resumed(day)
        if draw(st.booleans()):
            for due in schedule.due(day):
                schedule = schedule.billed(due.ordinal)
    return schedule, day


def first(schedule: BillingSchedule, count: int) -> list[DuePeriod]:
    return list(islice(schedule.due(date.max), count))


@given(SCHEDULES)
def test_without_interruption_every_period_is_owed_whole_and_they_touch(schedule: BillingSchedule) -> None:
    owed = first(schedule, 30)
    assert [each.ordinal for each in owed] == list(range(30))
    assert owed[0].period.start == schedule.anchor
    assert all(not each.is_partial for each in owed)
    assert all(before.period.end == after.period.start for before, after in pairwise(owed))


@given(histories())
def test_what_is_charged_never_overlaps_and_never_lies_in_a_pause(history: tuple[BillingSchedule, date]) -> None:
    schedule, _ = history
    owed = first(schedule, 20)
    assert all(before.charged.end <= after.charged.start for before, after in pairwise(owed))
    assert all(each.charged.start not in pause for each in owed for pause in schedule.pauses)
    assert all(each.charged.end == each.period.end for each in owed)
    assert all(each.charged.start in each.period for each in owed)


@given(histories(), st.integers(0, 400))
def test_what_is_due_is_what_falls_on_or_before_the_day(history: tuple[BillingSchedule, date], days: int) -> None:
    schedule, day = history
    cutoff = day + timedelta(days=days)
    due = list(schedule.due(cutoff))
    assert all(each.charged.start <= cutoff for each in due)
    following = first(schedule, len(due) + 1)[-1]
    assert following.charged.start > cutoff
    assert schedule.next_billing_on == (due[0] if due else following).charged.start


@given(histories(), st.lists(st.integers(0, 120), max_size=5))
def test_it_makes_no_difference_how_often_one_bills(history: tuple[BillingSchedule, date], steps: list[int]) -> None:
    schedule, day = history
    at_once = [each.ordinal for each in schedule.due(day + timedelta(days=sum(steps)))]
    little_by_little: list[int] = []
    for step in [0, *steps]:
        day += timedelta(days=step)
        for due in schedule.due(day):
            schedule = schedule.billed(due.ordinal)
            little_by_little.append(due.ordinal)
        assert next(schedule.due(day), None) is None
    assert little_by_little == at_once


@given(histories())
def test_forgetting_pauses_that_are_over_changes_nothing(history: tuple[BillingSchedule, date]) -> None:
    schedule, day = history
    kept = schedule
    for due in schedule.due(day):
        kept = evolve(kept, next_ordinal=due.ordinal + 1)
        schedule = schedule.billed(due.ordinal)
    assert first(schedule, 10) == first(kept, 10)


@given(histories(), st.integers(0, 200))
def test_nothing_starts_on_or_after_the_end(history: tuple[BillingSchedule, date], days: int) -> None:
    schedule, day = history
    end = day + timedelta(days=days)
    ending = schedule.ending(end)
    owed = list(ending.due(date.max))
    assert all(each.charged.start < end for each in owed)
    assert owed == [each for each in first(schedule, len(owed) + 5) if each.charged.start < end]
    assert ending.ending(None) == schedule


@given(histories(), st.sampled_from(RECURRING), st.integers(0, 60))
def test_a_new_cadence_goes_on_where_the_billed_time_ends(
    history: tuple[BillingSchedule, date], cadence: Cadence, days: int
) -> None:
    schedule, day = history
    billed = [due.period for due in schedule.due(day)]
    for due in schedule.due(day):
        schedule = schedule.billed(due.ordinal)
    changed = schedule.rescheduled(cadence, day + timedelta(days=days))
    assert changed.next_ordinal == schedule.next_ordinal
    upcoming = first(changed, 6)
    assert not billed or upcoming[0].charged.start >= billed[-1].end
    assert [each.ordinal for each in upcoming] == sorted({each.ordinal for each in upcoming})
    assert min(each.ordinal for each in upcoming) >= schedule.next_ordinal


@given(SCHEDULES, st.integers(0, 4000))
def test_the_running_period_is_the_one_the_day_lies_in(schedule: BillingSchedule, days: int) -> None:
    day = schedule.anchor + timedelta(days=days)
    running = schedule.period_on(day)
    assert running is not None
    assert day in running
    assert schedule.period_end_after(day) == running.end


def test_before_the_anchor_the_running_period_lasts_until_it() -> None:
    schedule = BillingSchedule(anchor=date(2026, 2, 15), cadence=Cadence.YEARLY, anchor_ordinal=1, next_ordinal=1)
    assert schedule.period_on(date(2026, 2, 1)) is None
    assert schedule.period_end_after(date(2026, 2, 1)) == date(2026, 2, 15)


@pytest.mark.parametrize(
    ("pauses", "owed"),
    [
        ((Pause(date(2026, 1, 10), date(2026, 1, 20)),), [("01-01", "02-01"), ("02-01", "03-01")]),
        ((Pause(date(2026, 1, 10), date(2026, 2, 1)),), [("01-01", "02-01"), ("02-01", "03-01")]),
        ((Pause(date(2026, 1, 10), date(2026, 2, 11)),), [("01-01", "02-01"), ("02-11", "03-01")]),
        ((Pause(date(2026, 1, 10), date(2026, 3, 1)),), [("01-01", "02-01"), ("03-01", "04-01")]),
        ((Pause(date(2026, 1, 1), date(2026, 1, 5)),), [("01-05", "02-01"), ("02-01", "03-01")]),
        ((Pause(date(2026, 1, 10)),), [("01-01", "02-01")]),
        (
            (Pause(date(2026, 1, 10), date(2026, 2, 11)), Pause(date(2026, 2, 11), date(2026, 2, 21))),
            [("01-01", "02-01"), ("02-21", "03-01")],
        ),
        (
            (Pause(date(2026, 1, 10), date(2026, 2, 11)), Pause(date(2026, 2, 14), date(2026, 2, 21))),
            [("01-01", "02-01"), ("02-11", "03-01")],
        ),
    ],
)
def test_pauses_as_a_customer_would_reckon_them(pauses: tuple[Pause, ...], owed: list[tuple[str, str]]) -> None:
    schedule = BillingSchedule(anchor=date(2026, 1, 1), cadence=Cadence.MONTHLY, pauses=pauses)
    charged = [(f"{each.charged.start:%m-%d}", f"{each.charged.end:%m-%d}") for each in first(schedule, 2)]
    assert charged == owed


@given(DAYS, st.integers(0, 50), st.integers(1, 50))
def test_a_one_time_charge_is_owed_once_pause_or_not(anchor: date, before: int, length: int) -> None:
    schedule = BillingSchedule(anchor=anchor, cadence=Cadence.ONE_TIME)
    pause = anchor - timedelta(days=before)
    paused = schedule.paused(pause)
    assert list(paused.due(date.max)) == []
    resumed = paused.resumed(pause + timedelta(days=length))
    (only,) = resumed.due(date.max)
    assert (only.period.start, only.charged) == (anchor, only.period)
    assert resumed.billed(only.ordinal).next_billing_on is None
    with pytest.raises(Invalid):
        schedule.period(1)

"""Billing periods: they tile time without gap or overlap, whatever the anchor, cadence or clock change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import (
    Cadence,
    Period,
    add_months,
    local_date,
    ordinal_on,
    period_at,
    start_of_day,
    zone,
)

TEN_YEARS = {
    Cadence.MONTHLY: 120,
    Cadence.QUARTERLY: 40,
    Cadence.YEARLY: 10,
    Cadence.WEEKLY: 522,
    Cadence.DAILY: 3653,
}
#: Zones whose clocks do every odd thing: the usual change, none, at midnight, by half an hour, a day left out.
ZONES = (
    "Europe/Amsterdam",
    "America/New_York",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "America/Havana",
    "UTC",
)
recurring = st.sampled_from([cadence for cadence in Cadence if cadence.recurs])
anchors = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize("anchor", [date(2024, 1, 1) + timedelta(days=day) for day in range(366)], ids=str)
def test_ten_years_of_periods_tile_from_every_day_of_a_leap_year(anchor: date) -> None:
    for cadence, count in TEN_YEARS.items():
        if cadence is Cadence.DAILY and anchor.day != 31:
            continue  # a daily period knows no months: the days that end one are enough
        periods = [period_at(anchor, cadence, ordinal) for ordinal in range(count)]
        assert periods[0].start == anchor
        assert all(earlier.end == later.start for earlier, later in pairwise(periods))
        assert all(ordinal_on(anchor, cadence, period.start) == n for n, period in enumerate(periods))
        assert all(ordinal_on(anchor, cadence, period.last_day) == n for n, period in enumerate(periods))


@given(anchors, recurring, st.integers(0, 3700))
@example(date(2024, 1, 31), Cadence.MONTHLY, 29)
@example(date(2024, 2, 29), Cadence.YEARLY, 365)
def test_every_day_lies_in_the_period_of_its_ordinal(anchor: date, cadence: Cadence, days: int) -> None:
    day = anchor + timedelta(days=days)
    ordinal = ordinal_on(anchor, cadence, day)
    assert day in period_at(anchor, cadence, ordinal)
    assert ordinal == 0 or day not in period_at(anchor, cadence, ordinal - 1)
    assert day not in period_at(anchor, cadence, ordinal + 1)


@given(anchors, recurring, st.integers(0, 100))
def test_a_period_is_computed_from_the_anchor_alone(anchor: date, cadence: Cadence, ordinal: int) -> None:
    period = period_at(anchor, cadence, ordinal)
    if cadence in (Cadence.MONTHLY, Cadence.QUARTERLY, Cadence.YEARLY):
        month_ends = (period.start + timedelta(days=1)).month != period.start.month
        assert period.start.day == anchor.day or (month_ends and period.start.day < anchor.day)
    else:
        assert (period.start - anchor).days == ordinal * (7 if cadence is Cadence.WEEKLY else 1)


@given(anchors, st.integers(0, 40))
def test_monthly_periods_nest_in_quarters_and_quarters_in_years(anchor: date, ordinal: int) -> None:
    quarter = period_at(anchor, Cadence.QUARTERLY, ordinal)
    assert quarter.start == period_at(anchor, Cadence.MONTHLY, 3 * ordinal).start
    assert quarter.end == period_at(anchor, Cadence.MONTHLY, 3 * ordinal + 2).end
    year = period_at(anchor, Cadence.YEARLY, ordinal)
    assert year.start == period_at(anchor, Cadence.QUARTERLY, 4 * ordinal).start
    assert year.end == period_at(anchor, Cadence.QUARTERLY, 4 * ordinal + 3).end


def test_the_thirty_first_comes_back_after_february() -> None:
    starts = [period_at(date(2026, 1, 31), Cadence.MONTHLY, n).start for n in range(5)]
    assert starts == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    leap = [period_at(date(2023, 12, 31), Cadence.MONTHLY, n).start for n in range(4)]
    assert leap == [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]


def test_a_year_begun_on_a_leap_day_begins_on_the_28th_between_leap_years() -> None:
    starts = [period_at(date(2024, 2, 29), Cadence.YEARLY, n).start for n in range(5)]
    assert starts == [date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


def test_a_one_time_charge_has_one_period() -> None:
    anchor = date(2026, 1, 31)
    assert period_at(anchor, Cadence.ONE_TIME, 0) == Period(anchor, date(2026, 2, 1))
    assert ordinal_on(anchor, Cadence.ONE_TIME, date(2030, 1, 1)) == 0
    with pytest.raises(Invalid):
        period_at(anchor, Cadence.ONE_TIME, 1)


@given(anchors, recurring)
def test_there_is_nothing_before_the_anchor(anchor: date, cadence: Cadence) -> None:
    with pytest.raises(Invalid):
        period_at(anchor, cadence, -1)
    with pytest.raises(Invalid):
        ordinal_on(anchor, cadence, anchor - timedelta(days=1))


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(Invalid):
        Period(date(2026, 1, 1), date(2026, 1, 1))


@given(anchors, st.integers(-600, 600))
def test_adding_months_moves_the_month_and_keeps_the_day_where_it_exists(anchor: date, months: int) -> None:
    moved = add_months(anchor, months)
    assert (moved.year * 12 + moved.month) - (anchor.year * 12 + anchor.month) == months
    assert moved.day == anchor.day or (moved.day < anchor.day and (moved + timedelta(days=1)).day == 1)


# -- the local calendar and instants ---------------------------------------------------------------


@pytest.mark.parametrize("timezone", ZONES)
def test_days_begin_one_after_the_other_through_every_clock_change(timezone: str) -> None:
    days = [date(2010, 1, 1) + timedelta(days=number) for number in range(20 * 366)]
    starts = [start_of_day(day, timezone) for day in days]
    backward = [day for day, (one, two) in zip(days, pairwise(starts), strict=False) if two < one]
    assert backward == []
    # A day that a country left out of its calendar has no length; every other begins after the one before.
    vanished = [day for day, (one, two) in zip(days, pairwise(starts), strict=False) if two == one]
    assert vanished == ([date(2011, 12, 30)] if timezone == "Pacific/Apia" else [])


@pytest.mark.parametrize("timezone", ZONES)
def test_the_first_instant_of_a_day_lies_in_it_and_the_instant_before_does_not(timezone: str) -> None:
    skipped = {date(2011, 12, 30)} if timezone == "Pacific/Apia" else set()
    for number in range(20 * 366):
        day = date(2010, 1, 1) + timedelta(days=number)
        if day in skipped:
            continue
        start = start_of_day(day, timezone)
        assert local_date(start, timezone) == day
        assert local_date(start - timedelta(microseconds=1), timezone) < day


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # zone given beside
    st.sampled_from(ZONES),
)
def test_every_instant_lies_between_the_starts_of_its_day_and_the_next(instant: datetime, timezone: str) -> None:
    day = local_date(instant, timezone)
    assert start_of_day(day, timezone) <= instant < start_of_day(day + timedelta(days=1), timezone)


def test_half_past_eleven_in_the_evening_utc_is_tomorrow_in_amsterdam() -> None:
    assert local_date(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "Europe/Amsterdam") == date(2026, 11, 1)
    assert start_of_day(date(2026, 7, 1), "Europe/Amsterdam") == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert start_of_day(date(2026, 12, 1), "Europe/Amsterdam") == datetime(2026, 11, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        zone(name)
    assert refusal.value.code == "timezone_unknown"

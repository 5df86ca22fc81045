"""Billing periods: local calendar dates that never drift, turned into instants per zone.

Period *n* is always computed from the original anchor, never from the period before it: an
anchor on the 31st gives 28 or 29 February and then 31 March again.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from scaicontrol_core.kernel.errors import Invalid


class Cadence(StrEnum):
    """How often a plan bills (the origin's ``billing_period``)."""

    MONTHLY = "monthly"
    YEARLY = "yearly"
    QUARTERLY = "quarterly"
    WEEKLY = "weekly"
    DAILY = "daily"
    ONE_TIME = "one_time"

    @property
    def recurs(self) -> bool:
        """Tell whether a second period ever comes."""
        return self is not Cadence.ONE_TIME

    @property
    def months(self) -> int:
        """How many months a period has; 0 where it is counted in days."""
        return _MONTHS.get(self, 0)


_MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}
_DAYS = {Cadence.WEEKLY: 7, Cadence.DAILY: 1}


@frozen(order=True)
class Period:
    """Half-open ``[start, end)`` of local calendar dates; never empty."""

    start: date
    end: date

    def __attrs_post_init__(self) -> None:
        """Refuse an empty or backward period."""
        if self.end <= self.start:
            raise Invalid.field("/period_end", "A period ends after it starts.", code="period_invalid")

    def __contains__(self, day: date) -> bool:
        """Tell whether the day lies in the period."""
        return self.start <= day < self.end

    @property
    def last_day(self) -> date:
        """The day to show people as the period's end."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many calendar days it has."""
        return (self.end - self.start).days


def add_months(anchor: date, months: int) -> date:
    """Return the anchor moved by whole months, its day clamped to the target month's last."""
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    last = monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(anchor.day, last))


def boundary(anchor: date, cadence: Cadence, ordinal: int) -> date:
    """Return the first day of period ``ordinal`` (0 is the one that starts on the anchor)."""
    if cadence in _MONTHS:
        return add_months(anchor, _MONTHS[cadence] * ordinal)
    if cadence in _DAYS:
        return anchor + timedelta(days=_DAYS[cadence] * ordinal)
    if ordinal == 0:
        return anchor
    raise Invalid.field("/billing_period", "A one-time charge has a single period.", code="period_invalid")


def period_at(anchor: date, cadence: Cadence, ordinal: int) -> Period:
    """Return period ``ordinal`` (from 0) of an anchor and a cadence.

    A one-time charge has the single period 0, one day long. Raises ``Invalid``
    (``period_invalid``) for a negative ordinal or a second one-time period.
    """
    if ordinal < 0:
        raise Invalid.field("/ordinal", "Periods are counted from 0.", code="period_invalid")
    if cadence is Cadence.ONE_TIME:
        start = boundary(anchor, cadence, ordinal)
        return Period(start, start + timedelta(days=1))
    return Period(boundary(anchor, cadence, ordinal), boundary(anchor, cadence, ordinal + 1))


def ordinal_on(anchor: date, cadence: Cadence, day: date) -> int:
    """Return which period (from 0) the day lies in; ``Invalid`` before the anchor.

    For a one-time charge every day from the anchor on belongs to period 0.
    """
    if day < anchor:
        raise Invalid.field("/date", f"{day} lies before the anchor {anchor}.", code="period_invalid")
    if cadence is Cadence.ONE_TIME:
        return 0
    if cadence in _DAYS:
        return (day - anchor).days // _DAYS[cadence]
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    ordinal = months // _MONTHS[cadence]
    # A clamped boundary (31 January → 28 February) may still lie after the day: one step back.
    return ordinal if boundary(anchor, cadence, ordinal) <= day else ordinal - 1


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone, or raise ``Invalid`` (``timezone_unknown``)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.field(
            "/billing_timezone", f"{name!r} is not an IANA time zone.", code="timezone_unknown"
        ) from None


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the UTC instant at which the local day begins, with that date's own offset.

    Where midnight is skipped by a clock change, the first instant after the gap counts.
    """
    return datetime.combine(day, time(0), tzinfo=zone(timezone)).astimezone(UTC)


def local_date(instant: datetime, timezone: str) -> date:
    """Return the calendar date of an instant in the zone (23:30 UTC may be tomorrow)."""
    return instant.astimezone(zone(timezone)).date()

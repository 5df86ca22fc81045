"""What a tenant used: a metric's series over time, and how it stands against its quota."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from attrs import frozen

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.money import round_half_away

#: Aggregations that grow with the days of a period; the others stay where they are.
_GROWING = (Aggregation.SUM, Aggregation.COUNT, Aggregation.UNIQUE_COUNT)
_HUNDREDTHS = 100


class Granularity(StrEnum):
    """How long each point of a series is. Hours are UTC; days and calendar months the seller's local ones."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@frozen
class Point:
    """What a metric came to in an hour, on a day, or in a month (its first day); points without usage are left out."""

    at: date | datetime
    quantity: Decimal


@frozen
class Reached:
    """A percentage of the quota that was reached in the period, and when that was seen (UTC)."""

    percent: int
    at: datetime


@frozen(kw_only=True)
class MetricUsage:
    """One metric of one subscription.

    ``used`` counts the period that runs today, ``period_start`` to ``period_end`` (exclusive;
    None if no end is known). ``quota`` None is unlimited, and ``remaining`` with it, which never goes
    below zero. ``projected`` is what ``used`` comes to by the period's end if it goes on like this.
    ``reached`` stays, should corrections bring ``used`` down again.
    """

    subscription_id: SubscriptionId
    service: str
    plan_key: str
    metric: str
    unit: str | None
    aggregation: Aggregation
    period_start: date
    period_end: date | None
    quota: int | None
    used: Decimal
    projected: Decimal
    reached: Sequence[Reached] = ()
    points: Sequence[Point]

    @property
    def remaining(self) -> Decimal | None:
        """What is left of the quota."""
        return None if self.quota is None else max(Decimal(0), self.quota - self.used)


def projected(aggregation: Aggregation, used: Decimal, start: date, end: date | None, today: date) -> Decimal:
    """Return what a quantity comes to by the end if each day is like those until today, to the hundredth."""
    if aggregation not in _GROWING or end is None:
        return used
    gone = min(max((today - start).days + 1, 1), (end - start).days)
    whole = Fraction(used) * (end - start).days / gone * _HUNDREDTHS
    return Decimal(round_half_away(whole.numerator, whole.denominator)).scaleb(-2)


def quota_of(quotas: dict[str, int], metric: str) -> int | None:
    """Return a metric's quota; 0 or absent is unlimited."""
    return quotas.get(metric) or None

"""What is bought from which period on, what is to change later, and what a change left to settle."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.kernel.ids import PlanId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.subscriptions.legs import Leg

if TYPE_CHECKING:
    from collections.abc import Iterable


@frozen(kw_only=True)
class Terms:
    """Plan and quantity that periods are billed at, from one ordinal on."""

    from_ordinal: int
    plan_id: PlanId
    plan_key: str
    quantity: int


@frozen(kw_only=True)
class Accrual:
    """What the running period ``ordinal`` costs since a prorated change: ``price_cents`` buys ``divisor`` seconds."""

    ordinal: int
    plan_id: PlanId
    plan_key: str
    quantity: int
    price_cents: int
    divisor: int
    currency: str


@frozen(kw_only=True)
class PendingChange:
    """A change of plan or quantity that waits for the end of the running period.

    The calendar knows of it already, so that it is billed right however late anything runs;
    ``replaced`` are the legs that come back if it is withdrawn. ``effective_at`` is UTC,
    ``effective_on`` its local day.
    """

    plan_id: PlanId
    plan_key: str
    quantity: int
    effective_on: date
    effective_at: datetime
    from_ordinal: int | None
    """The first period of the new terms; None during a trial, which has no periods."""
    replaced: tuple[Leg, ...] = ()


@frozen(kw_only=True)
class OwedUsage:
    """A period that was charged in advance, and whose usage is charged once it is over.

    ``start`` to ``end`` are local days. Late usage is waited for ``grace_days`` longer.
    """

    ordinal: int
    plan_id: PlanId
    plan_key: str
    start: date
    end: date
    grace_days: int

    @property
    def period(self) -> Period:
        """The days whose usage it is."""
        return Period(self.start, self.end)

    @property
    def due_on(self) -> date:
        """The local day it may be billed from."""
        return self.end + timedelta(days=self.grace_days)

    def within(self, until: date | None) -> OwedUsage:
        """Return what is left of it where no period starts on ``until`` or later: that day is its last."""
        last = self.end if until is None else until + timedelta(days=1)
        return self if last >= self.end else evolve(self, end=max(last, self.start + timedelta(days=1)))


def waits_until(start: date, used: Iterable[OwedUsage]) -> date:
    """Return when a period that starts on a day is charged: with the usage of the one before, on one invoice."""
    return max((usage.due_on for usage in used if usage.end <= start), default=start)


@frozen(kw_only=True)
class Adjustment:
    """A part of a period to charge, or to credit with negative ``units``; it waits for an invoice.

    The amount is ``units × price_cents / divisor``, rounded once: seconds × quantity, over the
    seconds that the price buys. ``number`` counts a subscription's adjustments from 0; ``period``
    names the local days it is about; ``due_on`` is the local day it may be billed from.
    """

    number: int
    plan_id: PlanId
    plan_key: str
    units: int
    divisor: int
    price_cents: int
    currency: str
    start: date
    end: date
    due_on: date

    @property
    def net_cents(self) -> int:
        """What it comes to, in minor units."""
        return round_half_away(self.units * self.price_cents, self.divisor)

    @property
    def period(self) -> Period:
        """The days it is about."""
        return Period(self.start, self.end)

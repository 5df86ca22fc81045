"""Proration to the second: what a change in the middle of a period gives back, and what it charges.

The rest of the running period is credited at the price it was charged at, and charged at the new
price. Seconds are true seconds, with both changes of the clock: a day in March may have 23 hours.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.kernel.period import Cadence, Period, local_date, start_of_day
from scaicontrol_core.subscriptions.legs import Leg
from scaicontrol_core.subscriptions.terms import Accrual, Adjustment

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import PlanId


class Proration(StrEnum):
    """What becomes of the running period when plan or quantity change in the middle of it."""

    NONE = "none"
    """Nothing: it stays as it was charged, the new price counts from the next cycle."""
    IMMEDIATE = "immediate"
    """The rest is credited and charged anew, on an invoice now."""
    NEXT_INVOICE = "next_invoice"
    """The rest is credited and charged anew, with the next period."""


@frozen(kw_only=True)
class Remainder:
    """What is left of a running period: ``seconds`` from ``at`` (UTC) to its end, ``period`` in local days."""

    at: datetime
    period: Period
    timezone: str

    @property
    def seconds(self) -> int:
        """Whole seconds to the end."""
        return seconds_between(self.at, start_of_day(self.period.end, self.timezone))

    @property
    def start(self) -> date:
        """The local day of the change."""
        return local_date(self.at, self.timezone)


def seconds_between(start: datetime, end: datetime) -> int:
    """Return the whole seconds between two instants, 0 if the end comes first."""
    return max(0, int((end - start).total_seconds() // 1))


def seconds_of(period: Period, timezone: str) -> int:
    """Return how many seconds a period of local days has."""
    return seconds_between(start_of_day(period.start, timezone), start_of_day(period.end, timezone))


def seconds_bought(start: date, cadence: Cadence, timezone: str) -> int:
    """Return how many seconds the price of a cadence buys, from a day on."""
    return seconds_of(Leg(0, start, cadence).whole(0), timezone)


def prorate(old: Accrual, new: Accrual, rest: Remainder, *, due_on: date, number: int) -> tuple[Adjustment, ...]:
    """Return the credit and the charge for the rest of a period, numbered from ``number``; none of no amount."""
    found: list[Adjustment] = []
    for accrual, sign in ((old, -1), (new, 1)):
        units = sign * accrual.quantity * rest.seconds
        if units and accrual.price_cents:
            found.append(_adjustment(accrual, units, rest, due_on, number + len(found)))
    return tuple(found)


def _adjustment(accrual: Accrual, units: int, rest: Remainder, due_on: date, number: int) -> Adjustment:
    return Adjustment(
        number=number,
        plan_id=accrual.plan_id,
        plan_key=accrual.plan_key,
        units=units,
        divisor=accrual.divisor,
        price_cents=accrual.price_cents,
        currency=accrual.currency,
        start=rest.start,
        end=rest.period.end,
        due_on=due_on,
    )


def accrual_of(ordinal: int, plan: tuple[PlanId, str], quantity: int, price: tuple[int, str], divisor: int) -> Accrual:
    """Return what a period costs: ``plan`` is id and key, ``price`` minor units and currency."""
    return Accrual(
        ordinal=ordinal,
        plan_id=plan[0],
        plan_key=plan[1],
        quantity=quantity,
        price_cents=price[0],
        currency=price[1],
        divisor=divisor,
    )

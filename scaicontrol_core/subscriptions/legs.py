"""Legs of a billing calendar: stretches of one cadence on one anchor, laid end to end.

A period is always computed from its leg's anchor, and a change between cadences of whole months
keeps the anchor: who began on the 31st pays on the 31st again, whatever February did.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from attrs import frozen

from scaicontrol_core.kernel.period import Cadence, Period, add_months, boundary


@frozen
class Leg:
    """From period ``first`` on, one cadence on one ``anchor``.

    ``offset`` counts months from the anchor to the leg's first day (0 for cadences of days).
    ``ends``, if given, cuts the leg's only period short: a stub, charged by its days.
    """

    first: int
    anchor: date
    cadence: Cadence
    offset: int = 0
    ends: date | None = None

    def start(self, ordinal: int) -> date:
        """Return the first day of a period."""
        count = ordinal - self.first
        if self.cadence.months:
            return add_months(self.anchor, self.offset + count * self.cadence.months)
        return boundary(self.anchor, self.cadence, count)

    def whole(self, ordinal: int) -> Period:
        """Return a period as its price buys it, stub or not."""
        start = self.start(ordinal)
        return Period(start, self.start(ordinal + 1) if self.cadence.recurs else start + timedelta(days=1))

    def period(self, ordinal: int) -> Period:
        """Return the days a period covers."""
        whole = self.whole(ordinal)
        return Period(whole.start, self.ends) if self.ends else whole

    def ordinal_on(self, day: date) -> int:
        """Return the period the day lies in; every day after a one-time charge or a stub counts as its."""
        if self.ends or not self.cadence.recurs:
            return self.first
        if not self.cadence.months:
            return self.first + (day - self.anchor).days // self.whole(self.first).days
        months = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        count = (months - self.offset) // self.cadence.months
        # A clamped boundary (31 January → 28 February) may still lie after the day: one step back.
        return self.first + (count if self.start(self.first + count) <= day else count - 1)

    @property
    def is_single(self) -> bool:
        """Tell whether it has one period only."""
        return self.ends is not None or not self.cadence.recurs


def leg_of(legs: tuple[Leg, ...], ordinal: int) -> Leg:
    """Return the leg that a period belongs to; the first one for what lies before all."""
    return next((leg for leg in reversed(legs) if leg.first <= ordinal), legs[0])


def without_past(legs: tuple[Leg, ...], next_ordinal: int) -> tuple[Leg, ...]:
    """Drop the legs that end before the period that was billed last."""
    return (*(leg for leg, after in pairwise(legs) if after.first >= next_ordinal), legs[-1])


def continued(before: Leg, first: int, start: date, cadence: Cadence) -> Leg:
    """Return the leg of another cadence that begins on ``start``; months go on from the same anchor."""
    if before.cadence.months and cadence.months and not before.ends:
        return Leg(first, before.anchor, cadence, before.offset + (first - before.first) * before.cadence.months)
    return Leg(first, start, cadence)


def on_anchor(anchor: date, cadence: Cadence, first: int, start: date) -> tuple[Leg, ...]:
    """Return the legs that lead from ``start`` onto another anchor: a stub if it needs one, and the rest.

    The anchor may lie anywhere: its grid counts, in both directions.
    """
    if cadence.months:
        months = (start.year - anchor.year) * 12 + start.month - anchor.month
        offset = -(-months // cadence.months) * cadence.months
        steps = (offset - cadence.months, offset, offset + cadence.months)
        offset = next(each for each in steps if add_months(anchor, each) >= start)
        begins, grid = add_months(anchor, offset), (anchor, offset)
    else:
        length = Leg(0, anchor, cadence).whole(0).days
        begins = start + timedelta(days=(anchor - start).days % length)
        grid = (begins, 0)
    if begins == start:
        return (Leg(first, grid[0], cadence, grid[1]),)
    return (Leg(first, start, cadence, ends=begins), Leg(first + 1, grid[0], cadence, grid[1]))

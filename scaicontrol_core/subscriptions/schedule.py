"""Which periods a subscription owes: computed from the anchor, never from the last run.

The schedule counts periods with an ordinal that only ever grows, also across a change of
anchor or cadence: it is half of the ledger's natural key, so a period can't be billed twice.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions.legs import Leg, continued, leg_of, on_anchor, without_past

if TYPE_CHECKING:
    from collections.abc import Iterator


@frozen
class Pause:
    """Days without accrual: from ``start`` until ``end``, or still running if ``end`` is None."""

    start: date
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        """Tell whether nothing accrues on the day."""
        return self.start <= day and (self.end is None or day < self.end)


@frozen
class DuePeriod:
    """One period to charge: its ordinal, the period its price buys, and the part that is charged."""

    ordinal: int
    period: Period
    charged: Period

    @property
    def is_partial(self) -> bool:
        """Tell whether only the rest of the period is charged (after a pause, before a new anchor)."""
        return self.charged != self.period


@frozen
class BillingSchedule:
    """The subscription's billing calendar, in local dates of the seller's zone.

    ``anchor``, ``cadence``, ``anchor_ordinal`` and ``offset`` are its last leg, ``earlier`` the legs
    before it that still matter; ``next_ordinal`` is the first period not billed yet; ``until``
    the day from which no period starts any more.
    """

    anchor: date
    cadence: Cadence
    anchor_ordinal: int = 0
    next_ordinal: int = 0
    until: date | None = None
    pauses: tuple[Pause, ...] = ()
    offset: int = 0
    earlier: tuple[Leg, ...] = ()

    # -- reading -----------------------------------------------------------------------------

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every leg in order, the last one without end."""
        return (*self.earlier, Leg(self.anchor_ordinal, self.anchor, self.cadence, self.offset))

    def leg(self, ordinal: int) -> Leg:
        """Return the leg a period belongs to."""
        return leg_of(self.legs, ordinal)

    def has(self, ordinal: int) -> bool:
        """Tell whether there is such a period: no second one-time one, and none of a leg that is past and forgotten."""
        leg = self.leg(ordinal)
        return ordinal == leg.first or (ordinal > leg.first and not leg.is_single)

    def period(self, ordinal: int) -> Period:
        """Return the days of a period by its ordinal; ``Invalid`` if there is no such one."""
        if not self.has(ordinal):
            raise Invalid.field("/ordinal", "There is no such period.", code="period_invalid")
        return self.leg(ordinal).period(ordinal)

    def whole_period(self, ordinal: int) -> Period:
        """Return the days that a period's price buys: more than its own for a stub."""
        return self.leg(ordinal).whole(ordinal)

    def ordinal_on(self, day: date) -> int | None:
        """Return the ordinal of the period that runs on the day, or None before the calendar begins."""
        running = next((leg for leg in reversed(self.legs) if leg.start(leg.first) <= day), None)
        return running.ordinal_on(day) if running else None

    def period_on(self, day: date) -> Period | None:
        """Return the period the day lies in, or None before the calendar begins."""
        ordinal = self.ordinal_on(day)
        return None if ordinal is None else self.period(ordinal)

    def period_end_after(self, day: date) -> date:
        """Return when the period running on the day ends: the next day on which one begins."""
        running = self.period_on(day)
        return running.end if running else self.legs[0].start(self.legs[0].first)

    def next_cycle(self, day: date) -> tuple[int, date]:
        """Return ordinal and first day of the period after the one that runs on the day.

        After a one-time charge that is today, or the day after the charge.
        """
        running = self.ordinal_on(day)
        if running is None:
            first = self.legs[0]
            return first.first, first.start(first.first)
        ordinal = max(running + 1, self.next_ordinal)
        leg = leg_of(self.legs, ordinal - 1)
        if leg.ends:
            return ordinal, leg.ends
        if not leg.cadence.recurs:
            return leg.first + 1, max(day, leg.period(leg.first).end)
        return ordinal, leg.start(ordinal)

    def due(self, cutoff: date) -> Iterator[DuePeriod]:
        """Yield every unbilled period whose charge falls on or before ``cutoff``, oldest first."""
        for candidate in self._owed():
            if candidate.charged.start > cutoff:
                return
            yield candidate

    @property
    def next_billing_on(self) -> date | None:
        """The day the next charge falls due, or None if none ever will as things stand."""
        return next((owed.charged.start for owed in self._owed()), None)

    # -- what befalls it ---------------------------------------------------------------------

    def billed(self, ordinal: int) -> BillingSchedule:
        """Return the schedule after the period with that ordinal was put on an invoice.

        Pauses and legs that lie wholly before have had their say and are dropped.
        """
        following = max(self.next_ordinal, ordinal + 1)
        leg = leg_of(self.legs, following)
        if leg.is_single and following > leg.first:
            return evolve(self, next_ordinal=following)
        begins = leg.start(following)
        return evolve(
            self,
            next_ordinal=following,
            pauses=tuple(pause for pause in self.pauses if pause.end is None or pause.end > begins),
        ).laid(without_past(self.legs, following))

    def paused(self, day: date) -> BillingSchedule:
        """Stop accrual: periods that start on or after the day are not owed."""
        return evolve(self, pauses=(*self.pauses, Pause(day)))

    def resumed(self, day: date) -> BillingSchedule:
        """Accrue again: the rest of the period running on the day is owed, the paused ones never."""
        closed = tuple(evolve(pause, end=day) if pause.end is None else pause for pause in self.pauses)
        return evolve(self, pauses=tuple(pause for pause in closed if pause.end != pause.start))

    def ending(self, day: date | None) -> BillingSchedule:
        """Let no period start on or after the day; None withdraws an ending."""
        return evolve(self, until=day)

    def laid(self, legs: tuple[Leg, ...]) -> BillingSchedule:
        """Return the schedule over other legs, at least one, the last one without end."""
        last = legs[-1]
        return evolve(
            self,
            anchor=last.anchor,
            cadence=last.cadence,
            anchor_ordinal=last.first,
            offset=last.offset,
            earlier=legs[:-1],
        )

    def rescheduled(self, cadence: Cadence, today: date) -> BillingSchedule:
        """Bill at another cadence from the next cycle on; what began before is owed as it was.

        After a one-time charge the new cadence begins today: the time since then was never to
        be charged.
        """
        first, start = self.next_cycle(today)
        planned = leg_of(self.legs, first)
        if planned.cadence is cadence and (cadence.recurs or planned.first == first):
            return self
        kept = tuple(leg for leg in self.legs if leg.first < first)
        return self.laid((*kept, continued(kept[-1], first, start, cadence) if kept else Leg(first, start, cadence)))

    def anchored(self, anchor: date, today: date) -> BillingSchedule:
        """Move onto another anchor with the next cycle; the days until then are a period of their own.

        Nothing is credited: what runs today runs to its end. Raises ``Invalid`` where nothing recurs.
        """
        first, start = self.next_cycle(today)
        cadence = leg_of(self.legs, first).cadence
        if not cadence.recurs:
            raise Invalid.field("/anchor", "A one-time charge has no anchor to move.", code="anchor_invalid")
        kept = tuple(leg for leg in self.legs if leg.first < first)
        return self.laid((*kept, *on_anchor(anchor, cadence, first, start)))

    def _owed(self) -> Iterator[DuePeriod]:
        ordinal, legs = self.next_ordinal, self.legs
        while True:
            leg = leg_of(legs, ordinal)
            if leg.is_single and ordinal > leg.first:
                return
            whole, period = leg.whole(ordinal), leg.period(ordinal)
            if self.until is not None and period.start >= self.until:
                return
            accrues_from = self._accrues_from(period.start)
            if accrues_from is None:
                return
            if not leg.cadence.recurs:
                yield DuePeriod(ordinal, whole, whole)
            elif accrues_from < period.end and (self.until is None or accrues_from < self.until):
                yield DuePeriod(ordinal, whole, Period(accrues_from, period.end))
            ordinal += 1

    def _accrues_from(self, day: date) -> date | None:
        """Return the day, or the end of the pauses it lies in; None if the last of them still runs."""
        for pause in self.pauses:
            if day in pause:
                if pause.end is None:
                    return None
                day = pause.end
        return day

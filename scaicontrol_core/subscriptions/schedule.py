"""Which periods a subscription owes: computed from the anchor, never from the last run.

The schedule counts periods with an ordinal that only ever grows, also across a change of
anchor or cadence: it is half of the ledger's natural key, so a period can't be billed twice.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.kernel.period import Cadence, Period, ordinal_on, period_at

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
    """One period to charge: its ordinal, its full extent, and the part that is charged."""

    ordinal: int
    period: Period
    charged: Period

    @property
    def is_partial(self) -> bool:
        """Tell whether only the rest of the period is charged (after a pause)."""
        return self.charged != self.period


@frozen
class BillingSchedule:
    """The subscription's billing calendar, in local dates of the seller's zone.

    ``anchor_ordinal`` is the ordinal of the period that starts on ``anchor``; ``next_ordinal``
    the first one not billed yet; ``until`` the day from which no period starts any more.
    """

    anchor: date
    cadence: Cadence
    anchor_ordinal: int = 0
    next_ordinal: int = 0
    until: date | None = None
    pauses: tuple[Pause, ...] = ()

    def period(self, ordinal: int) -> Period:
        """Return the full extent of a period by its ordinal."""
        return period_at(self.anchor, self.cadence, ordinal - self.anchor_ordinal)

    def period_on(self, day: date) -> Period | None:
        """Return the period the day lies in, or None before the anchor.

        That is the rest of a period of the cadence before: it lasts until the anchor.
        """
        if day < self.anchor:
            return None
        return period_at(self.anchor, self.cadence, ordinal_on(self.anchor, self.cadence, day))

    def period_end_after(self, day: date) -> date:
        """Return when the period running on the day ends: the next day on which one begins."""
        running = self.period_on(day)
        return running.end if running else self.anchor

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

    def billed(self, ordinal: int) -> BillingSchedule:
        """Return the schedule after the period with that ordinal was put on an invoice.

        Pauses that lie wholly before the next period have had their say and are dropped.
        """
        following = max(self.next_ordinal, ordinal + 1)
        if not self.cadence.recurs:
            return evolve(self, next_ordinal=following)
        begins = self.period(following).start
        return evolve(
            self,
            next_ordinal=following,
            pauses=tuple(pause for pause in self.pauses if pause.end is None or pause.end > begins),
        )

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

    def rescheduled(self, cadence: Cadence, today: date) -> BillingSchedule:
        """Bill at another cadence from the next unbilled period on, anchored where that one starts.

        After a one-time charge that was billed, the new cadence begins today: the time since
        then was never to be charged.
        """
        if cadence is self.cadence:
            return self
        if not self.cadence.recurs and self.next_ordinal > self.anchor_ordinal:
            anchor = max(today, self.period(self.anchor_ordinal).end)
        else:
            anchor = self.period(self.next_ordinal).start
        return evolve(self, anchor=anchor, cadence=cadence, anchor_ordinal=self.next_ordinal)

    def _owed(self) -> Iterator[DuePeriod]:
        ordinal = self.next_ordinal
        while self.cadence.recurs or ordinal == self.anchor_ordinal:
            period = self.period(ordinal)
            if self.until is not None and period.start >= self.until:
                return
            accrues_from = self._accrues_from(period.start)
            if accrues_from is None:
                return
            if accrues_from == period.start or not self.cadence.recurs:
                yield DuePeriod(ordinal, period, period)
            elif accrues_from < period.end and (self.until is None or accrues_from < self.until):
                yield DuePeriod(ordinal, period, Period(accrues_from, period.end))
            ordinal += 1

    def _accrues_from(self, day: date) -> date | None:
        """Return the day, or the end of the pauses it lies in; None if the last of them still runs."""
        for pause in self.pauses:
            if day in pause:
                if pause.end is None:
                    return None
                day = pause.end
        return day

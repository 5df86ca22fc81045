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

    def period_on(self, day: date) -> Period:
        """Return the period the day lies in."""
        return period_at(self.anchor, self.cadence, ordinal_on(self.anchor, self.cadence, day))

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
        """Return the schedule after the period with that ordinal was put on an invoice."""
        return evolve(self, next_ordinal=max(self.next_ordinal, ordinal + 1))

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

    def rescheduled(self, cadence: Cadence) -> BillingSchedule:
        """Bill at another cadence from the next unbilled period on, anchored where that one starts."""
        if cadence is self.cadence:
            return self
        if not self.cadence.recurs and self.next_ordinal > self.anchor_ordinal:
            # The single period is billed; the new cadence begins the day after it.
            return evolve(
                self,
                anchor=self.period(self.anchor_ordinal).end,
                cadence=cadence,
                anchor_ordinal=self.next_ordinal,
            )
        return evolve(
            self, anchor=self.period(self.next_ordinal).start, cadence=cadence, anchor_ordinal=self.next_ordinal
        )

    def _owed(self) -> Iterator[DuePeriod]:
        ordinal = self.next_ordinal
        while self.cadence.recurs or ordinal == self.anchor_ordinal:
            period = self.period(ordinal)
            if self.until is not None and period.start >= self.until:
                return
            pause = next((pause for pause in self.pauses if period.start in pause), None)
            if pause is None:
                yield DuePeriod(ordinal, period, period)
            elif pause.end is None:
                return
            elif pause.end < period.end and (self.until is None or pause.end < self.until):
                yield DuePeriod(ordinal, period, Period(pause.end, period.end))
            ordinal += 1

"""The periods of tax reports: months, quarters, years; and in which one an amount is declared.

A supply belongs to the period of its tax point. Once that period's return was due, at the end
of the month that follows, what comes later is a correction in the period it comes in. So every
amount is declared in exactly one period, and no return ever changes after its due date: an
invoice voided later is taken back in the period it was voided in.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from attrs import frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import add_months

_NAME = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_DAY = timedelta(days=1)


class PeriodKind(StrEnum):
    """How often a report is made."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """How many months it covers."""
        return {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}[self]


_EXAMPLES = {PeriodKind.MONTH: "2026-01", PeriodKind.QUARTER: "2026-Q1", PeriodKind.YEAR: "2026"}


@frozen(order=True)
class ReportPeriod:
    """A calendar month, quarter or year, named ``2026-01``, ``2026-Q1`` or ``2026``."""

    start: date
    kind: PeriodKind

    @property
    def end(self) -> date:
        """The first day after it."""
        return add_months(self.start, self.kind.months)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.end - _DAY

    @property
    def due_on(self) -> date:
        """The day its return is due: the last of the month that follows."""
        return add_months(self.end, 1) - _DAY

    @property
    def name(self) -> str:
        """Its name."""
        if self.kind is PeriodKind.MONTH:
            return f"{self.start:%Y-%m}"
        return f"{self.start.year}-Q{self._quarter}" if self.kind is PeriodKind.QUARTER else str(self.start.year)

    @property
    def shop_name(self) -> str:
        """A quarter as returns of the One Stop Shop name it: ``Q1.2026``."""
        return f"Q{self._quarter}.{self.start.year}"

    @property
    def _quarter(self) -> int:
        return (self.start.month + 2) // 3


def parse_period(text: str, *kinds: PeriodKind, pointer: str = "/period") -> ReportPeriod:
    """Read a period's name; ``Invalid`` (``period_invalid``) for any other text, or another kind of period."""
    match = _NAME.fullmatch(text)
    if match and _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        year = int(match[1])
        if match[2]:
            found = ReportPeriod(date(year, int(match[2]), 1), PeriodKind.MONTH)
        elif match[3]:
            found = ReportPeriod(date(year, 3 * int(match[3]) - 2, 1), PeriodKind.QUARTER)
        else:
            found = ReportPeriod(date(year, 1, 1), PeriodKind.YEAR)
        if found.kind in kinds:
            return found
    wanted = " or ".join(f"a {kind.value} like {_EXAMPLES[kind]}" for kind in kinds)
    raise Invalid.field(pointer, f"{text!r} is not {wanted}.", code="period_invalid")


@lru_cache(maxsize=4096)
def period_of(day: date, kind: PeriodKind) -> ReportPeriod:
    """Return the period a day lies in."""
    return ReportPeriod(date(day.year, (day.month - 1) // kind.months * kind.months + 1, 1), kind)


@lru_cache(maxsize=65536)
def declared_in(supplied_on: date, issued_on: date, kind: PeriodKind) -> tuple[ReportPeriod, ReportPeriod | None]:
    """Return the period an amount is declared in, and the earlier one it corrects, if it does."""
    supplied = period_of(supplied_on, kind)
    if issued_on <= supplied.due_on:
        return supplied, None
    return period_of(issued_on, kind), supplied

"""Invoice numbers: one series per seller, document type and fiscal year, without gaps.

Directive 2006/112/EC art. 226(2) asks for a sequential number that uniquely identifies the
invoice. The series row is locked last and briefly; a rollback returns the number.
"""

from __future__ import annotations

from datetime import date, timedelta

from attrs import define, frozen

from scaicontrol_core.billing.chain import chain_hash, genesis
from scaicontrol_core.billing.errors import ClockBehindSeries, IssueDateInvalid
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.kernel.ids import PartnerId

_TOLERANCE = timedelta(days=1)
_INFIX = {
    DocumentType.INVOICE: "",
    DocumentType.CREDIT_NOTE: "CN-",
    DocumentType.SELF_BILLED_INVOICE: "SB-",
    DocumentType.SELF_BILLED_CREDIT_NOTE: "SBCN-",
}


def fiscal_year(day: date, start_month: int) -> int:
    """Return the fiscal year of a day, named after the calendar year in which it begins."""
    return day.year if day.month >= start_month else day.year - 1


@frozen
class SeriesKey:
    """What a number series belongs to."""

    seller_id: PartnerId
    document_type: DocumentType
    fiscal_year: int

    def __str__(self) -> str:
        """Return a stable text, the seed of the series' chain."""
        return f"{self.document_type.value}/{self.fiscal_year}"


@define(kw_only=True, eq=False)
class NumberSeries:
    """The counter, the last issue date and the end of the hash chain of one series.

    ``first_number`` is 1 unless set once, before first use, for a seller that moves in
    from another system.
    """

    key: SeriesKey
    prefix: str
    first_number: int = 1
    next_number: int = 1
    last_issue_date: date | None = None
    last_hash: str | None = None

    def issue_date(self, today: date, wanted: date | None = None) -> date:
        """Return the date the next document bears: dates never run backwards within a series.

        ``wanted`` is a date chosen for the draft; it lies neither in the future nor before the
        last one issued (``IssueDateInvalid``). A machine whose calendar lies more than a day
        behind the series gets ``ClockBehindSeries``; within a day (workers at midnight) the
        series' own date counts.
        """
        last = self.last_issue_date or date.min
        if wanted is not None:
            if wanted > today:
                raise IssueDateInvalid.field(
                    "/invoice_date", f"{wanted} lies in the future.", code="issue_date_invalid"
                )
            if wanted < last:
                raise IssueDateInvalid.field(
                    "/invoice_date", f"The series already has a document of {last}.", code="issue_date_invalid"
                )
            return wanted
        if last > today + _TOLERANCE:
            raise ClockBehindSeries(
                f"Today is {today} here, but the series already has a document of {last}.",
                hint="Check this machine's clock.",
            )
        return max(today, last)

    def take(self, issue_date: date) -> str:
        """Return the next number, e.g. ``SCAI-2026-000001`` or ``SCAI-CN-2026-000001``, and count on."""
        if self.last_issue_date is not None and issue_date < self.last_issue_date:
            raise IssueDateInvalid(f"{issue_date} lies before {self.last_issue_date}.")
        number = f"{self.prefix}-{_INFIX[self.key.document_type]}{self.key.fiscal_year}-{self.next_number:06d}"
        self.next_number += 1
        self.last_issue_date = issue_date
        return number

    def link(self, canonical: str) -> str:
        """Return the chain hash of the document just numbered, and keep it as the chain's end."""
        self.last_hash = chain_hash(self.last_hash or genesis(str(self.key)), canonical)
        return self.last_hash

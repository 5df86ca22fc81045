"""Adding up documents for a report, page after page, and accounting for every one of them.

Whatever is read ends in a row, in a correction, or in a heap of what was left out with its
reason: the tie-out holds the three against the documents' own totals.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import TypeAlias, TypeVar

from attrs import define, field, frozen

from scaicontrol_core.tax.report_amounts import Amount, DocumentAmounts
from scaicontrol_core.tax.report_periods import ReportPeriod, declared_in, period_of

K = TypeVar("K", bound=Hashable)
#: What tells a report's rows apart.
RowKey: TypeAlias = tuple[str, ...]


class LeftOut(StrEnum):
    """Why an amount is in no row of a report: a treatment that the report is not about, or another reason."""

    DOMESTIC = "domestic"
    REVERSE_CHARGE = "reverse_charge"
    DESTINATION = "destination"
    SELLER_COUNTRY = "seller_country"
    OUTSIDE_EU = "outside_eu"
    EXEMPT = "exempt"
    NOT_REGISTERED = "not_registered"
    """Taxed where the consumer lives, by a seller that was not in the One Stop Shop: declared in that state."""
    NO_VAT_NUMBER = "no_vat_number"
    OTHER_PERIOD = "other_period"
    VOID = "void"


@frozen(kw_only=True)
class Heap:
    """A sum of the tie-out, in one currency: of how many documents, how much net and VAT."""

    reason: str | None
    currency: str
    documents: int
    net_cents: int
    tax_cents: int


@frozen(kw_only=True)
class TieOut:
    """What was read, what is in the report, and what is not and why; per currency the first is the sum of the others.

    ``read`` adds up the documents' own totals, the others their lines. A document counts
    wherever any part of it is.
    """

    documents: int
    read: tuple[Heap, ...]
    included: tuple[Heap, ...]
    left_out: tuple[Heap, ...]
    ties: bool


@define
class Sum:
    """Amounts added up so far, and of how many documents."""

    documents: int = 0
    net_cents: int = 0
    tax_cents: int = 0

    def add(self, net_cents: int, tax_cents: int) -> None:
        """Add an amount."""
        self.net_cents += net_cents
        self.tax_cents += tax_cents


#: Says which row an amount belongs to, or why to none.
Place = Callable[[DocumentAmounts, Amount], "RowKey | LeftOut"]


@define
class Gathering:
    """A report in the making.

    ``rows`` are keyed by the corrected period (None for what belongs to this one), what
    ``place`` answers, and the currency.
    """

    period: ReportPeriod
    place: Place
    rows: dict[tuple[ReportPeriod | None, RowKey, str], Sum] = field(factory=dict, init=False)
    documents: int = field(default=0, init=False)
    _read: dict[str, Sum] = field(factory=dict, init=False)
    _included: dict[str, Sum] = field(factory=dict, init=False)
    _left_out: dict[tuple[LeftOut, str], Sum] = field(factory=dict, init=False)

    def add(self, document: DocumentAmounts) -> None:
        """Read one document, and its voiding where that is this period's business."""
        self.documents += 1
        touched: dict[int, Sum] = {}
        _note(touched, _at(self._read, document.currency), document.net_cents, document.tax_cents)
        for amount in document.amounts:
            for heap in self._heaps(document, amount, self._place(document, amount)):
                _note(touched, heap, amount.net_cents, amount.tax_cents)
            if self._takes_back(document, amount):
                _note(touched, _at(self._read, document.currency), -amount.net_cents, -amount.tax_cents)
                for heap in self._heaps(document, amount, self._reversal(document, amount)):
                    _note(touched, heap, -amount.net_cents, -amount.tax_cents)
        for heap in touched.values():
            heap.documents += 1

    def tie_out(self) -> TieOut:
        """Return the account of all that was read."""
        included = _heaps({(None, currency): heap for currency, heap in self._included.items()})
        read = _heaps({(None, currency): heap for currency, heap in self._read.items()})
        left_out = _heaps({(reason.value, currency): heap for (reason, currency), heap in self._left_out.items()})
        return TieOut(
            documents=self.documents,
            read=read,
            included=included,
            left_out=left_out,
            ties=_by_currency(read) == _by_currency((*included, *left_out)),
        )

    def _heaps(
        self, document: DocumentAmounts, amount: Amount, place: tuple[ReportPeriod | None, RowKey, str] | LeftOut
    ) -> tuple[Sum, ...]:
        if isinstance(place, LeftOut):
            return (_at(self._left_out, (place, document.currency)),)
        return _at(self.rows, place), _at(self._included, document.currency)

    def _place(self, document: DocumentAmounts, amount: Amount) -> tuple[ReportPeriod | None, RowKey, str] | LeftOut:
        declared, corrected = declared_in(amount.supply_date, document.issue_date, self.period.kind)
        if document.voided_on is not None and document.voided_on <= declared.due_on:
            return LeftOut.VOID
        if declared != self.period:
            return LeftOut.OTHER_PERIOD
        return self._row(document, amount, corrected)

    def _takes_back(self, document: DocumentAmounts, amount: Amount) -> bool:
        """Tell whether the document was voided in this period, too late for the return that declared the amount."""
        if document.voided_on is None or period_of(document.voided_on, self.period.kind) != self.period:
            return False
        declared, _ = declared_in(amount.supply_date, document.issue_date, self.period.kind)
        return document.voided_on > declared.due_on

    def _reversal(self, document: DocumentAmounts, amount: Amount) -> tuple[ReportPeriod | None, RowKey, str] | LeftOut:
        return self._row(document, amount, period_of(amount.supply_date, self.period.kind))

    def _row(
        self, document: DocumentAmounts, amount: Amount, corrected: ReportPeriod | None
    ) -> tuple[ReportPeriod | None, RowKey, str] | LeftOut:
        key = self.place(document, amount)
        return key if isinstance(key, LeftOut) else (corrected, key, document.currency)


def _at(sums: dict[K, Sum], key: K) -> Sum:
    found = sums.get(key)
    if found is None:
        found = sums[key] = Sum()
    return found


def _note(touched: dict[int, Sum], heap: Sum, net_cents: int, tax_cents: int) -> None:
    heap.add(net_cents, tax_cents)
    touched[id(heap)] = heap


def _heaps(sums: dict[tuple[str | None, str], Sum]) -> tuple[Heap, ...]:
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] or "", item[0][1]))
    return tuple(
        Heap(
            reason=reason,
            currency=currency,
            documents=heap.documents,
            net_cents=heap.net_cents,
            tax_cents=heap.tax_cents,
        )
        for (reason, currency), heap in ordered
    )


def _by_currency(heaps: tuple[Heap, ...]) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for heap in heaps:
        net, tax = sums.get(heap.currency, (0, 0))
        sums[heap.currency] = net + heap.net_cents, tax + heap.tax_cents
    return sums

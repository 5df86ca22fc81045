"""The One Stop Shop: a quarter's return of the Union scheme (Directive 2006/112/EC art. 369f to 369h).

Per state of consumption and rate, in euro and cents; later changes of an earlier quarter as
corrections. Nothing sold is a nil return, and due all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import define, frozen

from scaicontrol_core.tax.exchange_rates import EURO, MAX_AGE_DAYS, CrossRate, ExchangeRateMissing
from scaicontrol_core.tax.report_sums import Gathering, LeftOut, RowKey, TieOut
from scaicontrol_core.tax.vat_decision import Treatment

if TYPE_CHECKING:
    from scaicontrol_core.tax.exchange_rates import ExchangeRateBook
    from scaicontrol_core.tax.report_amounts import Amount, DocumentAmounts
    from scaicontrol_core.tax.report_periods import ReportPeriod
    from scaicontrol_core.tax.reports import ReportHeader

#: Art. 369g(4): a return can be corrected within three years of its due date.
_CORRECTABLE_YEARS = 3
_GREECE, _GREEK_PREFIX = "GR", "EL"


@frozen(kw_only=True)
class OssRow:
    """What was supplied to one state of consumption at one rate, in euro cents."""

    country: str
    rate_type: str
    rate: str
    taxable_cents: int
    vat_cents: int


@frozen(kw_only=True)
class OssCorrection:
    """How VAT of an earlier quarter changes, in euro cents.

    ``too_late``: its return was due more than three years ago; the state of consumption itself
    takes it, the shop does not.
    """

    country: str
    corrected_period: str
    taxable_cents: int
    vat_cents: int
    too_late: bool


@frozen(kw_only=True)
class OssBalance:
    """What one state of consumption is owed (or, negative, owes): its rows and the corrections the shop takes."""

    country: str
    vat_cents: int
    correction_cents: int
    balance_cents: int


@frozen(kw_only=True)
class RateUsed:
    """The exchange rate that amounts of a currency and a quarter were converted at: units per euro."""

    currency: str
    period: str
    rate: str
    rate_date: date


@frozen(kw_only=True)
class OssReport:
    """A quarter's return of the Union scheme (Implementing Regulation (EU) 2020/194, annex III).

    ``payable_cents`` sums the positive balances: a negative one is paid back by its own state.
    """

    header: ReportHeader
    return_period: str
    currency: str
    oss_registered: bool
    nil_return: bool
    rows: tuple[OssRow, ...]
    corrections: tuple[OssCorrection, ...]
    balances: tuple[OssBalance, ...]
    total_vat_cents: int
    payable_cents: int
    exchange_rates: tuple[RateUsed, ...]
    tie_out: TieOut


def place_oss(*, registered: bool) -> Callable[[DocumentAmounts, Amount], RowKey | LeftOut]:
    """Return what places a supply by state of consumption and rate.

    ``registered`` is whether the seller is in the shop now, for documents that don't say whether it was.
    """

    def place(document: DocumentAmounts, amount: Amount) -> RowKey | LeftOut:
        if amount.treatment != Treatment.DESTINATION:
            return LeftOut(amount.treatment)
        was_registered = registered if document.oss_registered is None else document.oss_registered
        country = _GREEK_PREFIX if amount.country == _GREECE else amount.country
        return (country, amount.rate) if was_registered else LeftOut.NOT_REGISTERED

    return place


def currencies_to_convert(gathering: Gathering) -> tuple[tuple[str, ReportPeriod], ...]:
    """Return the currencies beside the euro, and the quarters at whose end they are converted."""
    wanted = {(currency, corrected or gathering.period) for corrected, _, currency in gathering.rows}
    return tuple(sorted(each for each in wanted if each[0] != EURO))


@define
class ShopRates:
    """The rates of a return: the quarter's last day, or the next one published (art. 369h).

    Before it is published, the last one known ``today`` stands in. A correction takes the rate
    of the quarter it corrects, so that it takes back exactly what was declared.
    """

    book: ExchangeRateBook
    today: date
    _used: dict[tuple[str, ReportPeriod], CrossRate]

    @classmethod
    def of(cls, book: ExchangeRateBook, today: date) -> ShopRates:
        """Begin with no rate used."""
        return cls(book, today, {})

    def in_euro(self, minor: int, currency: str, quarter: ReportPeriod) -> int:
        """Convert, rounded once; raises ``ExchangeRateMissing``."""
        return minor if currency == EURO else self._rate(currency, quarter).convert(minor)

    def used(self) -> tuple[RateUsed, ...]:
        """Return the rates that were used."""
        return tuple(
            RateUsed(currency=currency, period=quarter.shop_name, rate=rate.text, rate_date=rate.day)
            for (currency, quarter), rate in sorted(self._used.items(), key=lambda item: item[0])
        )

    def _rate(self, currency: str, quarter: ReportPeriod) -> CrossRate:
        key = (currency, quarter)
        if key not in self._used:
            self._used[key] = self._found(currency, quarter.last_day)
        return self._used[key]

    def _found(self, currency: str, last_day: date) -> CrossRate:
        try:
            return self.book.from_day(last_day, currency, EURO)
        except ExchangeRateMissing:
            if self.today > last_day + timedelta(days=MAX_AGE_DAYS):
                raise
            return self.book.on(min(self.today, last_day), currency, EURO)


def oss_report(header: ReportHeader, gathering: Gathering, rates: ShopRates, *, registered: bool) -> OssReport:
    """Return the return of what was gathered with ``place_oss``, in euro; raises ``ExchangeRateMissing``."""
    rows = tuple(
        OssRow(country=country, rate_type="standard", rate=rate, taxable_cents=net, vat_cents=tax)
        for (_, country, rate), (net, tax) in _in_euro(gathering, rates, corrections=False).items()
        if net or tax
    )
    sums: dict[tuple[ReportPeriod, str], tuple[int, int]] = {}
    for (quarter, country, _), (net, tax) in _in_euro(gathering, rates, corrections=True).items():
        before = sums.get((quarter, country), (0, 0))
        sums[quarter, country] = before[0] + net, before[1] + tax
    corrections = tuple(
        OssCorrection(
            country=country,
            corrected_period=quarter.shop_name,
            taxable_cents=net,
            vat_cents=tax,
            too_late=_is_too_late(quarter, gathering.period),
        )
        for (quarter, country), (net, tax) in sums.items()
        if net or tax
    )
    balances = _balances(rows, corrections)
    return OssReport(
        header=header,
        return_period=gathering.period.shop_name,
        currency=EURO,
        oss_registered=registered,
        nil_return=not rows and not corrections,
        rows=rows,
        corrections=corrections,
        balances=balances,
        total_vat_cents=sum(each.balance_cents for each in balances),
        payable_cents=sum(max(each.balance_cents, 0) for each in balances),
        exchange_rates=rates.used(),
        tie_out=gathering.tie_out(),
    )


def _in_euro(
    gathering: Gathering, rates: ShopRates, *, corrections: bool
) -> dict[tuple[ReportPeriod, str, str], tuple[int, int]]:
    """Return taxable amount and VAT by quarter, country and rate: each currency's sum is converted once."""
    sums: dict[tuple[ReportPeriod, str, str], tuple[int, int]] = {}
    ordered = sorted(gathering.rows.items(), key=lambda item: (item[0][0] or gathering.period, *item[0][1:]))
    for (corrected, (country, rate), currency), total in ordered:
        if (corrected is not None) is corrections:
            quarter = corrected or gathering.period
            net, tax = sums.get((quarter, country, rate), (0, 0))
            sums[quarter, country, rate] = (
                net + rates.in_euro(total.net_cents, currency, quarter),
                tax + rates.in_euro(total.tax_cents, currency, quarter),
            )
    return sums


def _is_too_late(corrected: ReportPeriod, now: ReportPeriod) -> bool:
    due = corrected.due_on
    return now.end > due.replace(year=due.year + _CORRECTABLE_YEARS)


def _balances(rows: tuple[OssRow, ...], corrections: tuple[OssCorrection, ...]) -> tuple[OssBalance, ...]:
    taken = [each for each in corrections if not each.too_late]
    made = []
    for country in sorted({row.country for row in rows} | {each.country for each in taken}):
        vat = sum(row.vat_cents for row in rows if row.country == country)
        corrected = sum(each.vat_cents for each in taken if each.country == country)
        made.append(
            OssBalance(country=country, vat_cents=vat, correction_cents=corrected, balance_cents=vat + corrected)
        )
    return tuple(made)

"""Documents in another currency than their seller's: VAT stated in both.

Directive 2006/112/EC art. 230: amounts may be in any currency as long as the VAT also stands in
that of the seller; art. 91(2): at the rate the European Central Bank published last when the
tax became chargeable. One rate a document: that of its latest tax point, an invoice before the
supply being one. The rate is frozen with the document, and credit notes convert with the same
(``CrossRate.of_document``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from scaicontrol_core.billing.errors import CurrencyUnsupported
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_core.tax.exchange_rates import (
    ECB_CURRENCIES,
    EURO,
    MAX_AGE_DAYS,
    CrossRate,
    ExchangeRateBook,
    ExchangeRateMissing,
)

if TYPE_CHECKING:
    from scaicontrol_core.billing.facts import Rules
    from scaicontrol_core.tax.ports import ExchangeRatesWork

_DAY = timedelta(days=1)
_ZERO = (0, 0)


@frozen
class RateWanted:
    """The rate that one document needs: of its currency in the seller's own, on its tax point."""

    currency: str
    own_currency: str
    day: date


def rate_day(supply_dates: Iterable[date], issue_date: date) -> date:
    """Return the tax point whose rate a whole document is converted at: the latest of its lines'."""
    return max(min(day, issue_date) for day in supply_dates)


async def with_exchange_rates(work: ExchangeRatesWork, rules: Rules, wanted: Sequence[RateWanted]) -> Rules:
    """Return the rules with the exchange rates that documents want, read at once; none, nothing is read.

    They reach a day beyond: at midnight a document is dated anew under the lock of its series.
    """
    if not wanted:
        return rules
    days = [each.day for each in wanted]
    currencies = {code for each in wanted for code in (each.currency, each.own_currency)} - {EURO}
    first, last = min(days) - MAX_AGE_DAYS * _DAY, max(days) + _DAY
    rates = await work.exchange_rates.between(first, last, currencies)
    return evolve(rules, exchange_rates=ExchangeRateBook.of(rates))


def rate_for(wanted: RateWanted, book: ExchangeRateBook) -> CrossRate:
    """Return the document's rate.

    Raises ``ExchangeRateMissing``, or ``CurrencyUnsupported`` where the ECB publishes none.
    """
    try:
        return book.on(wanted.day, wanted.currency, wanted.own_currency)
    except ExchangeRateMissing:
        for currency in (wanted.currency, wanted.own_currency):
            if currency != EURO and currency not in ECB_CURRENCIES:
                raise _unsupported(currency, wanted.own_currency) from None
        raise


def vat_accounting(
    rate: CrossRate, entries: Sequence[Mapping[str, Any]], before: Sequence[tuple[int, int]] | None = None
) -> dict[str, Any]:
    """Return a document's ``vat_accounting``: each VAT group converted once, the totals their sums.

    ``before`` is what was credited of each group so far (taxable, VAT; in the document's
    currency, of the same sign as the entries): a credit note states the cumulative difference,
    so that any number of them sums to exactly the invoice's amounts, in this currency too.
    """
    done = before if before is not None else [_ZERO] * len(entries)
    rows = [
        {
            "taxable_cents": rate.convert(net + entry["taxable_cents"]) - rate.convert(net),
            "amount_cents": rate.convert(tax + entry["amount_cents"]) - rate.convert(tax),
        }
        for entry, (net, tax) in zip(entries, done, strict=True)
    ]
    net, tax = (sum(row[name] for row in rows) for name in ("taxable_cents", "amount_cents"))
    return {
        "currency": rate.own_currency,
        "rate": rate.text,
        "rate_date": rate.day.isoformat(),
        "source": rate.source,
        "per_euro": {"document": plain(rate.per_euro), "accounting": plain(rate.own_per_euro)},
        "net_cents": net,
        "tax_cents": tax,
        "gross_cents": net + tax,
        "entries": rows,
    }


def _unsupported(currency: str, own: str) -> CurrencyUnsupported:
    text = (
        f"VAT must also be stated in {own} (Directive 2006/112/EC art. 230); the ECB publishes no rate of {currency}."
    )
    return CurrencyUnsupported(text, fields=(FieldError("/currency", text),), hint=f"Invoice in {own}.")

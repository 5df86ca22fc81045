"""Exchange rates of the European Central Bank, and the conversion of VAT with them.

Directive 2006/112/EC art. 91(2) lets a seller convert at the rate the ECB published last when
the tax became chargeable, and between two other currencies through the euro. Rates are exact
decimals; an amount is converted as an exact fraction and rounded once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, ClassVar

from attrs import define, field, frozen

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.money import minor_unit_exponent, round_half_away
from scaicontrol_core.kernel.quantity import MAX_DECIMALS, parse_decimal, plain

ECB = "ECB"
EURO = "EUR"
#: Over weekends and holidays the last rate counts; an older one means that nobody imported any.
MAX_AGE_DAYS = 7
#: What the ECB publishes in 2026. A currency that joins needs no line here: its imported rates are found.
ECB_CURRENCIES = frozenset(
    """AUD BRL CAD CHF CNY CZK DKK GBP HKD HUF IDR ILS INR ISK JPY KRW MXN MYR NOK NZD PHP PLN RON SEK SGD
    THB TRY USD ZAR""".split()
)
_CODE = re.compile(r"[A-Z]{3}")
_ONE = Decimal(1)


class ExchangeRateMissing(Conflict):
    """No rate of that currency is known for that day."""

    code = "exchange_rate_missing"

    @classmethod
    def on(cls, currency: str, day: date, pointer: str = "/currency") -> ExchangeRateMissing:
        """Name the currency and the day."""
        return cls(
            f"No exchange rate of {currency} is known for {day}.",
            fields=(FieldError(pointer, f"import the ECB's rate of {currency} for {day}"),),
            hint="Run: scaicontrol admin exchange-rates import eurofxref-hist.xml",
        )


class ExchangeRateDiffers(Conflict):
    """A day's rate is published once: another one for a known day is a mistake in the file, or tampering."""

    code = "exchange_rate_differs"

    @classmethod
    def between(cls, known: ExchangeRate, told: ExchangeRate) -> ExchangeRateDiffers:
        """Name the day and both rates."""
        text = f"{known.currency} of {known.day} is {plain(known.rate)} here, and {plain(told.rate)} in the file."
        return cls(text, fields=(FieldError(f"/{known.day}/{known.currency}", text),), hint="Nothing was imported.")


@frozen(kw_only=True)
class ExchangeRate:
    """What one euro was worth on a day: ``rate`` units of ``currency``. Raises ``Invalid`` for what is no rate."""

    source: str = ECB
    day: date
    currency: str
    rate: Decimal

    def __attrs_post_init__(self) -> None:
        """Refuse what could not be converted with."""
        if not _CODE.fullmatch(self.currency) or self.currency == EURO:
            raise Invalid.field(
                "/currency", f"{self.currency!r} is no currency beside the euro.", code="currency_unknown"
            )
        if parse_decimal(self.rate, "/rate") <= 0:
            raise Invalid.field("/rate", f"{self.rate} is no exchange rate.", code="exchange_rate_invalid")


@frozen(kw_only=True)
class CrossRate:
    """How many units of ``currency`` one unit of ``own_currency`` is, by what a euro was worth in each."""

    source: str
    day: date
    currency: str
    own_currency: str
    per_euro: Decimal = _ONE
    own_per_euro: Decimal = _ONE

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> CrossRate | None:
        """Return the rate that a frozen document was converted at; None in its seller's own currency."""
        accounting = document.get("vat_accounting")
        if accounting is None:
            return None
        worth = accounting.get("per_euro") or {"document": accounting["rate"], "accounting": "1"}
        return cls(
            source=accounting["source"],
            day=date.fromisoformat(accounting["rate_date"]),
            currency=document["currency"],
            own_currency=accounting["currency"],
            per_euro=Decimal(worth["document"]),
            own_per_euro=Decimal(worth["accounting"]),
        )

    @property
    def text(self) -> str:
        """The rate for people: exact where ``own_currency`` is the euro, else to 9 decimals."""
        if self.own_per_euro == 1:
            return plain(self.per_euro)
        exact = Fraction(self.per_euro) / Fraction(self.own_per_euro)
        digits = round_half_away(exact.numerator * 10**MAX_DECIMALS, exact.denominator)
        return plain(Decimal(digits).scaleb(-MAX_DECIMALS, _WIDE))

    def convert(self, minor: int) -> int:
        """Turn minor units of ``currency`` into those of ``own_currency``, rounded once, half away from zero."""
        exponents = minor_unit_exponent(self.own_currency) - minor_unit_exponent(self.currency)
        exact = Fraction(minor) * Fraction(self.own_per_euro) / Fraction(self.per_euro) * Fraction(10) ** exponents
        return round_half_away(exact.numerator, exact.denominator)


_WIDE = Context(prec=40)


@frozen
class ExchangeRateBook:
    """Some rates, read for the days and currencies at hand. Built by ``of``."""

    _by_day: Mapping[tuple[str, date], ExchangeRate] = field(factory=dict)

    @classmethod
    def of(cls, rates: Iterable[ExchangeRate]) -> ExchangeRateBook:
        """Put rates into a book."""
        return cls({(rate.currency, rate.day): rate for rate in rates})

    def on(self, day: date, currency: str, own_currency: str) -> CrossRate:
        """Return the rate published last on the day or before it, at most a week back.

        For two currencies beside the euro: of the last day that has both. Raises
        ``ExchangeRateMissing`` naming the currency that lacks one.
        """
        return self._nearest(day, currency, own_currency, -1)

    def from_day(self, day: date, currency: str, own_currency: str) -> CrossRate:
        """Return the rate of the day or the next one published, as returns of the One Stop Shop want it (art. 369h)."""
        return self._nearest(day, currency, own_currency, 1)

    def _nearest(self, day: date, currency: str, own_currency: str, way: int) -> CrossRate:
        for distance in range(MAX_AGE_DAYS + 1):
            found = self._of(day + timedelta(days=way * distance), currency, own_currency)
            if found is not None:
                return found
        known = {
            code for code, on in self._by_day if abs((on - day).days) <= MAX_AGE_DAYS and (on - day).days * way >= 0
        }
        lacking = [code for code in (currency, own_currency) if code != EURO and code not in known]
        raise ExchangeRateMissing.on(lacking[0] if lacking else currency, day)

    def _of(self, day: date, currency: str, own_currency: str) -> CrossRate | None:
        rates = [self._by_day.get((code, day)) for code in (currency, own_currency) if code != EURO]
        if not rates or None in rates:
            return None
        worth = {rate.currency: rate.rate for rate in rates if rate is not None}
        return CrossRate(
            source=ECB,
            day=day,
            currency=currency,
            own_currency=own_currency,
            per_euro=worth.get(currency, _ONE),
            own_per_euro=worth.get(own_currency, _ONE),
        )


@frozen(kw_only=True)
class ExchangeRatesImported(Event):
    """Rates nobody knew before were taken over from a publication; ``rates`` counts them."""

    action: ClassVar[str] = "exchange_rates.imported"
    resource_type: ClassVar[str] = "exchange_rates"

    source: str
    rates: int
    first_day: str
    last_day: str


@define(kw_only=True, eq=False)
class ExchangeRateImport(Recorder):
    """Rates taken over at once, all or none; at least one."""

    id: str
    rates: tuple[ExchangeRate, ...]
    imported_at: datetime
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def record_import(self) -> None:
        """Note in the audit log which days it was about."""
        days = [rate.day for rate in self.rates]
        self._record(
            ExchangeRatesImported(
                resource_id=self.id,
                source=self.rates[0].source,
                rates=len(self.rates),
                first_day=min(days).isoformat(),
                last_day=max(days).isoformat(),
            )
        )

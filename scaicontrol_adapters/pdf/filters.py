"""How amounts, dates and quantities are written in each language, from Unicode's CLDR by way of Babel.

A template never formats a number itself: ``{{ totals.gross|money }}``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import segno
from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_currency, format_decimal, format_percent

from scaicontrol_core.documents.context import DateSpan, PriceContext
from scaicontrol_core.kernel.money import Money, minor_unit_exponent

#: English is written the European way: 31 January 2026, not January 31, 2026.
_LOCALES = {"en": "en_GB", "nl": "nl_NL", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "it": "it_IT"}


def filters_for(language: str) -> dict[str, Callable[..., str]]:
    """Return the template filters of one language: money, date, span, percent, quantity, country, iban, qr."""
    locale = Locale.parse(_LOCALES[language])
    localised: dict[str, Callable[..., str]] = {
        "money": _money,
        "date": _date,
        "span": _span,
        "percent": _percent,
        "quantity": _quantity,
        "country": _country,
    }
    return {name: partial(function, locale=locale) for name, function in localised.items()} | {"iban": _iban, "qr": _qr}


def _money(value: Money | PriceContext, *, locale: Locale) -> str:
    if isinstance(value, Money):
        major = Decimal(value.minor).scaleb(-minor_unit_exponent(value.currency))
        return _with_minus(format_currency(major, value.currency, locale=locale))
    # A unit price may be finer than a cent (€ 0,0008): all its decimals, but never fewer than the currency's.
    decimals = max(-_exponent(value.amount.normalize()), minor_unit_exponent(value.currency))
    quantum = value.amount.quantize(Decimal(1).scaleb(-decimals))
    pattern = _price_pattern(decimals, locale)
    return _with_minus(format_currency(quantum, value.currency, pattern, locale=locale, currency_digits=False))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _price_pattern(decimals: int, locale: Locale) -> str:
    pattern: str = locale.currency_formats["standard"].pattern
    return pattern.replace("0.00", "0." + "0" * decimals if decimals else "0")


def _date(value: date, style: str = "long", *, locale: Locale) -> str:
    return format_date(value, style, locale=locale)


def _span(value: DateSpan, *, locale: Locale) -> str:
    return str(format_interval(value.first, value.last, "yMMMd", locale=locale))


def _percent(value: Decimal, *, locale: Locale) -> str:
    """Format a percentage: 21 means 21 %."""
    return format_percent(value / 100, locale=locale, decimal_quantization=False)


def _quantity(value: Decimal, *, locale: Locale) -> str:
    return _with_minus(format_decimal(value, locale=locale, decimal_quantization=False))


def _with_minus(number: str) -> str:
    """Write CLDR's hyphen as the minus it stands for: as wide as a figure, read aloud, and nothing breaks after it."""
    return number.replace("-", "\N{MINUS SIGN}")


def _country(code: str, *, locale: Locale) -> str:
    return str(locale.territories.get(code, code))


def _iban(value: Any) -> str:
    """Group an account number or a structured reference in fours, as ISO 13616 and ISO 11649 print them."""
    compact = "".join(str(value).split())
    return " ".join(compact[index : index + 4] for index in range(0, len(compact), 4))


def _qr(payload: str) -> str:
    """Draw a payment code as EPC069-12 wants it (bytes, level M, four modules of quiet) and return its address."""
    code = segno.make(payload, error="m", mode="byte", encoding="utf-8", boost_error=False, micro=False)
    return code.svg_data_uri(border=4, omitsize=True, light="#fff", xmldecl=False, nl=False)

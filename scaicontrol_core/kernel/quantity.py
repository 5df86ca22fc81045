"""Quantities and unit prices: exact decimals, turned into cents by one multiplication."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.money import round_half_away

MAX_DECIMALS = 9
_MAX_DIGITS = 18
#: Adds and subtracts without ever rounding: the usual context keeps 28 digits, totals may have more.
EXACT = Context(prec=80, traps=[Inexact, InvalidOperation])


def parse_decimal(text: str | int | Decimal, pointer: str) -> Decimal:
    """Read an exact decimal of at most 9 decimals and 18 whole digits.

    Raises ``Invalid`` (``decimal_invalid``) for anything else, NaN and infinities included.
    """
    try:
        value = Decimal(text)
    except (InvalidOperation, ValueError, TypeError):
        raise Invalid.field(pointer, f"{text!r} is not a decimal number.", code="decimal_invalid") from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** _MAX_DIGITS:
        raise Invalid.field(pointer, f"{text!r} is too large.", code="decimal_invalid")
    if value != round(value, MAX_DECIMALS):
        raise Invalid.field(pointer, f"{text!r} has more than {MAX_DECIMALS} decimals.", code="decimal_invalid")
    return value


def plain(value: Decimal) -> str:
    """Write a decimal without exponent or trailing zeros: the one form in documents and JSON."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _decimal(value: str | int | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else parse_decimal(value, "/quantity")


@frozen
class Quantity:
    """How many units: a Decimal of at most 9 decimals; negative for a correction."""

    value: Decimal = field(converter=_decimal)

    def __attrs_post_init__(self) -> None:
        """Refuse what a document could not show exactly."""
        parse_decimal(self.value, "/quantity")

    def __str__(self) -> str:
        """Return the plain decimal."""
        return plain(self.value)


@frozen
class UnitPrice:
    """A price in (possibly fractional) cents per ``divisor`` units: 3 cents per 10 calls."""

    cents: Decimal = field(converter=_decimal)
    divisor: int = 1

    def __attrs_post_init__(self) -> None:
        """Refuse a divisor that is not a positive count."""
        parse_decimal(self.cents, "/unit_price_cents")
        if self.divisor < 1:
            raise Invalid.field("/unit_divisor", "The divisor must be 1 or more.", code="divisor_invalid")


def line_net(quantity: Quantity, unit_price: UnitPrice) -> int:
    """Return ``quantity × price / divisor`` in whole cents, rounded once, half away from zero."""
    exact = Fraction(quantity.value) * Fraction(unit_price.cents) / unit_price.divisor
    return round_half_away(exact.numerator, exact.denominator)

"""Money: integer minor units and a currency; one rounding function; fair allocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attrs import Attribute

#: ISO 4217 currencies whose minor unit is not 1/100 (ISO 4217:2015, list one).
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip

#: The currencies we bill in, ISO 4217 list one without funds, metals and test codes.
_CURRENCIES = frozenset(
    """AED ALL AMD ARS AUD AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BZD CAD CHF CLP CNY COP CRC
    CZK DJF DKK DOP DZD EGP ETB EUR FJD GBP GEL GHS GNF GTQ HKD HNL HUF IDR ILS INR IQD ISK JMD JOD JPY
    KES KMF KRW KWD KZT LKR LYD MAD MDL MKD MNT MUR MXN MYR NAD NGN NOK NPR NZD OMR PAB PEN PGK PHP PKR
    PLN PYG QAR RON RSD RWF SAR SEK SGD THB TND TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VND VUV XAF XOF
    XPF ZAR ZMW""".split()
)


def round_half_away(numerator: int, denominator: int) -> int:
    """Round ``numerator / denominator`` to an integer, halves away from zero.

    The only rounding in the product: EN 16931 (BR-CO-17) and the usual commercial rule, so
    that a credit mirrors its invoice exactly. Raises ``ZeroDivisionError`` on a zero divisor.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split ``total`` in proportion to ``weights`` so that the parts sum to it exactly.

    Largest remainder; ties go to the earlier part. Weights may be negative (a credit line
    beside charges); if they sum to zero, the whole total goes to the first part.
    """
    if not weights:
        if total:
            raise ValueError("nothing to allocate to")
        return ()
    if total < 0:  # a credit mirrors its invoice to the cent
        return tuple(-part for part in allocate(-total, weights))
    if sum(weights) < 0:
        return allocate(total, [-weight for weight in weights])
    whole = sum(weights)
    if whole == 0:
        return (total, *(0 for _ in weights[1:]))
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return tuple(parts)


def minor_unit_exponent(currency: str) -> int:
    """Return how many decimals the currency's minor unit has: 0, 2 or 3 (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def require_currency(code: str, pointer: str = "/currency") -> str:
    """Return the ISO 4217 code, upper case, or raise ``Invalid`` (``currency_unknown``)."""
    upper = code.strip().upper()
    if upper not in _CURRENCIES:
        raise Invalid.field(pointer, f"{code!r} is not an ISO 4217 currency.", code="currency_unknown")
    return upper


def _known_currency(_: object, attribute: Attribute[str], value: str) -> None:
    if value not in _CURRENCIES:
        raise Invalid.field(f"/{attribute.name}", f"{value!r} is not an ISO 4217 currency.", code="currency_unknown")


@frozen(order=False)
class Money:
    """An amount in integer minor units (cents for EUR) of one ISO 4217 currency."""

    minor: int
    currency: str = field(validator=_known_currency)

    def __add__(self, other: Money) -> Money:
        """Add two amounts of one currency; ``Invalid`` (``currency_mismatch``) otherwise."""
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract an amount of the same currency."""
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        """Return the mirrored amount, as a credit does."""
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        """Return the plain form for logs and tables, e.g. ``EUR -1234.50``; people get a localised one."""
        exponent = minor_unit_exponent(self.currency)
        return f"{self.currency} {format_minor(self.minor, exponent)}"

    def ratio(self, numerator: int, denominator: int) -> Money:
        """Return ``self × numerator / denominator``, rounded once, half away from zero."""
        return Money(round_half_away(self.minor * numerator, denominator), self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise Invalid.field(
                "/currency", f"{self.currency} and {other.currency} do not mix.", code="currency_mismatch"
            )
        return other


def format_minor(minor: int, exponent: int) -> str:
    """Write minor units as a plain decimal with ``exponent`` digits: ``-1234.50``."""
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else sign + digits

"""Rating: what a quantity costs by a metric's brackets. Exact; rounded once, by whoever makes the line.

Graduated: each unit has the price of the bracket that it lies in itself. Volume: all units
have that of the bracket the whole quantity lies in. Brackets are half open: of [0, 1000) and
[1000, ∞), the thousandth unit is the last of the first one, and a volume of exactly 1000
has the second one's price. The last bracket's price goes on beyond its end: no unit is
without a price. A negative quantity, more corrected than used, costs what its opposite
would, with the sign turned: a credit mirrors the charge.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.catalog.usage_pricing import TierMode
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.quantity import EXACT, UnitPrice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaicontrol_core.catalog.usage_pricing import UsageTier


@frozen
class RatedTier:
    """A part of a quantity, all at one price. ``tier`` is None for the rate of a cost-based plan."""

    quantity: Decimal
    unit_price: UnitPrice
    tier: UsageTier | None = None

    @property
    def amount(self) -> Fraction:
        """The exact cost, in (fractional) minor units."""
        return Fraction(self.quantity) * Fraction(self.unit_price.cents) / self.unit_price.divisor

    @property
    def cents(self) -> int:
        """The cost of a line of this part alone: rounded once, half away from zero."""
        return _rounded(self.amount)


def rate(tiers: Sequence[UsageTier], quantity: Decimal) -> tuple[RatedTier, ...]:
    """Return what each bracket of one metric takes of a quantity, in order; free ones too, empty ones not.

    ``tiers`` are those of a checked plan (``check_tiers``), in order. Nothing for no tiers.
    """
    if not tiers or quantity == 0:
        return ()
    whole = quantity.copy_abs()  # abs() rounds to 28 digits
    if tiers[0].tier_mode is TierMode.VOLUME:
        reached = [tier for tier in tiers if tier.tier_start <= whole][-1]
        return (RatedTier(quantity, reached.unit_price, reached),)
    return tuple(_graduated(tiers, quantity))


def rate_at(unit_cents: Decimal, quantity: Decimal) -> tuple[RatedTier, ...]:
    """Return the one part of a quantity that was reported at a cost-based rate, in cents a unit."""
    return (RatedTier(quantity, UnitPrice(unit_cents)),) if quantity else ()


def exact_amount(parts: Iterable[RatedTier]) -> Fraction:
    """Return the exact cost of all parts together."""
    return sum((part.amount for part in parts), Fraction(0))


def rated_cents(parts: Iterable[RatedTier]) -> int:
    """Return the cost of one line of all the parts: their exact sum, rounded once, half away from zero."""
    return _rounded(exact_amount(parts))


def _graduated(tiers: Sequence[UsageTier], quantity: Decimal) -> Iterable[RatedTier]:
    whole = quantity.copy_abs()
    for place, tier in enumerate(tiers):
        if tier.tier_start >= whole:
            return
        is_last = place == len(tiers) - 1
        ends = whole if is_last or tier.tier_end is None else min(whole, Decimal(tier.tier_end))
        part = EXACT.subtract(ends, Decimal(tier.tier_start))
        yield RatedTier(part if quantity > 0 else EXACT.minus(part), tier.unit_price, tier)


def _rounded(amount: Fraction) -> int:
    return round_half_away(amount.numerator, amount.denominator)

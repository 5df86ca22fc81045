"""Usage prices: brackets of a metric's quantity, each with its price per so many units."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.quantity import UnitPrice, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_UNITS = 10**15
MAX_DIVISOR = 10**9


class TierMode(StrEnum):
    """Which price a unit gets."""

    GRADUATED = "graduated"
    """That of the bracket the unit itself lies in."""
    VOLUME = "volume"
    """That of the bracket the whole quantity lies in."""


def _price(value: object, pointer: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Invalid.field(
            pointer, f"{value!r} is not an exact number; write fractions as text.", code="decimal_invalid"
        )
    price = parse_decimal(value, pointer)
    if not 0 <= price <= checks.MAX_MINOR_UNITS:
        raise Invalid.field(pointer, f"{value} is not a price.", code="decimal_invalid")
    return price


_CHECKS: dict[str, checks.Check] = {
    "metric": checks.slug,
    "tier_start": checks.whole(0, MAX_UNITS),
    "tier_end": checks.maybe(checks.whole(1, MAX_UNITS)),
    "unit_price_cents": _price,
    "unit_label": checks.maybe_text(60),
    "unit_divisor": checks.whole(1, MAX_DIVISOR),
    "tier_mode": checks.choice(TierMode),
}


@frozen(kw_only=True)
class UsageTier:
    """One bracket ``[tier_start, tier_end)`` of a metric; ``tier_end`` None is open.

    The price is ``unit_price_cents`` per ``unit_divisor`` units (3 cents per 10 calls), never
    negative. All brackets of one metric share ``tier_mode``.
    """

    metric: str
    tier_start: int = 0
    tier_end: int | None = None
    unit_price_cents: Decimal
    unit_label: str | None = None
    unit_divisor: int = 1
    tier_mode: TierMode = TierMode.GRADUATED

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse a bracket that ends before it starts."""
        checks.check_fields(self, _CHECKS)
        if self.tier_end is not None and self.tier_end <= self.tier_start:
            raise Invalid.field("/tier_end", "A bracket ends after it starts.", code="tiers_invalid")

    @property
    def unit_price(self) -> UnitPrice:
        """The exact price of a unit."""
        return UnitPrice(self.unit_price_cents, self.unit_divisor)


@frozen(kw_only=True)
class UsagePrices:
    """The brackets of all of a plan's metrics, as they were from an instant (UTC) on."""

    valid_from: datetime
    currency: str
    tiers: tuple[UsageTier, ...]

    def of(self, metric: str) -> tuple[UsageTier, ...]:
        """Return the brackets of a metric, from 0 upwards; empty if it is not charged."""
        return tuple(tier for tier in self.tiers if tier.metric == metric)


def check_tiers(tiers: Sequence[UsageTier], at: str = "/usage_pricing") -> None:
    """Refuse brackets that leave a gap, overlap, or disagree on their mode.

    Per metric, in the order listed: the first starts at 0, each next one starts where the one
    before ends, and only the last may be open. Raises one ``Invalid`` with every fault.
    """
    findings = Findings()
    last: dict[str, UsageTier] = {}
    for index, tier in enumerate(tiers):
        before = last.get(tier.metric)
        pointer = f"{at}/{index}"
        expected = before.tier_end if before else 0
        if expected is None:
            findings.note(f"{pointer}/tier_start", "The bracket before this one is open-ended.", "tiers_invalid")
        elif tier.tier_start != expected:
            fault = "overlaps the one before" if tier.tier_start < expected else "leaves a gap"
            findings.note(
                f"{pointer}/tier_start", f"This bracket {fault}: it must start at {expected}.", "tiers_invalid"
            )
        if before and before.tier_mode is not tier.tier_mode:
            findings.note(f"{pointer}/tier_mode", "All brackets of a metric share one mode.", "tiers_invalid")
        last[tier.metric] = tier
    findings.raise_if_any()

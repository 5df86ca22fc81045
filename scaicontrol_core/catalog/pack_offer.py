"""What a pack was made of, and what it cost, from an instant on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from attrs import frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PlanId, ServiceId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Cadence

_FULL = 100
_MAX_ITEMS = 100


@frozen(kw_only=True)
class PackItem:
    """One plan in a pack; ``override_price_cents`` None means the plan's own price."""

    service_id: ServiceId
    plan_id: PlanId
    plan_key: str
    override_price_cents: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a price below zero."""
        price = checks.maybe(checks.whole(0, checks.MAX_MINOR_UNITS))
        checks.check_fields(self, {"override_price_cents": price})


@frozen(kw_only=True)
class PackOffer:
    """A pack's items and price of one ``cadence``, as they were from an instant (UTC) on.

    ``discount_percentage`` None: ``base_price_cents`` is the bill.
    """

    valid_from: datetime
    cadence: Cadence
    currency: str
    base_price_cents: int
    discount_percentage: Decimal | None
    items: tuple[PackItem, ...]

    @property
    def plan_ids(self) -> frozenset[PlanId]:
        """The plans of its items."""
        return frozenset(item.plan_id for item in self.items)

    def price_cents(self, plan_prices: Mapping[PlanId, int]) -> int:
        """Return the price of one period; ``plan_prices`` gives the base price of each plan.

        Percentage: the sum of override or plan prices × (100 − discount) / 100, rounded once,
        half away from zero. Raises ``KeyError`` if a plan's price is missing.
        """
        if self.discount_percentage is None:
            return self.base_price_cents
        whole = sum(
            plan_prices[item.plan_id] if item.override_price_cents is None else item.override_price_cents
            for item in self.items
        )
        exact = whole * (_FULL - Fraction(self.discount_percentage)) / _FULL
        return round_half_away(exact.numerator, exact.denominator)


def check_items(items: tuple[PackItem, ...]) -> None:
    """Refuse an empty pack, one beyond bounds, and two plans of one service."""
    if not 1 <= len(items) <= _MAX_ITEMS:
        raise Invalid.field("/items", f"A pack has between 1 and {_MAX_ITEMS} items.", code="pack_items_invalid")
    services = [item.service_id for item in items]
    for index, service_id in enumerate(services):
        if service_id in services[:index]:
            raise Invalid.field(
                f"/items/{index}", "The pack has a plan of this service already.", code="pack_items_invalid"
            )

"""Service pack: several plans sold as one line, at a price of its own or at a discount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from attrs import Factory, define, evolve, field, frozen

from scaicontrol_core.catalog.events import PackCreated, PackDeactivated, PackUpdated
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, changed
from scaicontrol_core.kernel.ids import PackId, PlanId, ServiceId
from scaicontrol_core.kernel.money import require_currency, round_half_away
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import parse_decimal

_FULL = 100
_MAX_ITEMS = 100


class DiscountType(StrEnum):
    """Where a pack's price comes from."""

    FIXED_PRICE = "fixed_price"
    """``base_price_cents`` is the bill."""
    PERCENTAGE = "percentage"
    """The items' prices, less ``discount_percentage``."""


def _percentage(value: object, pointer: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Invalid.field(
            pointer, f"{value!r} is not an exact number; write fractions as text.", code="decimal_invalid"
        )
    percentage = parse_decimal(value, pointer)
    if not 0 <= percentage <= _FULL:
        raise Invalid.field(pointer, f"{value} does not lie between 0 and 100.", code="decimal_invalid")
    return percentage


_CHECKS: dict[str, checks.Check] = {
    "name": checks.required(200),
    "description": checks.text(2000),
    "icon_url": checks.maybe_text(500),
    "billing_period": checks.choice(Cadence),
    "base_price_cents": checks.whole(0, checks.MAX_MINOR_UNITS),
    "currency": checks.worded(require_currency),
    "discount_type": checks.choice(DiscountType),
    "discount_percentage": checks.maybe(_percentage),
    "trial_days": checks.whole(0, 730),
    "features": checks.json_object,
    "is_active": checks.flag,
    "is_public": checks.flag,
    "sort_order": checks.whole(0, 100_000),
}


@frozen(kw_only=True)
class PackTerms:
    """All of a pack, but its items, that an editor may change. Prices are minor units of ``currency``.

    ``discount_percentage`` (0–100, exact) goes with the percentage type, and only with it.
    """

    name: str
    description: str = ""
    icon_url: str | None = None
    billing_period: Cadence
    base_price_cents: int = 0
    currency: str
    discount_type: DiscountType = DiscountType.FIXED_PRICE
    discount_percentage: Decimal | None = None
    trial_days: int = 0
    features: dict[str, Any] = Factory(dict)
    is_active: bool = True
    is_public: bool = True
    sort_order: int = 0

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse a percentage that contradicts the type."""
        checks.check_fields(self, _CHECKS)
        if (self.discount_type is DiscountType.PERCENTAGE) != (self.discount_percentage is not None):
            raise Invalid.field(
                "/discount_percentage",
                "This goes with discount_type percentage, and only with it.",
                code="discount_invalid",
            )


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


@define(kw_only=True, eq=False)
class ServicePack(Recorder):
    """A bundle; ``slug`` is its stable name, ``items`` stand in order, one per service."""

    id: PackId
    slug: str
    terms: PackTerms
    items: tuple[PackItem, ...]
    created_at: datetime
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a bad slug, an empty pack, and two plans of one service."""
        self.slug = checks.slug(self.slug, "/slug")
        check_items(self.items)

    @classmethod
    def create(
        cls, pack_id: PackId, slug: str, terms: PackTerms, items: tuple[PackItem, ...], now: datetime
    ) -> ServicePack:
        """Offer a pack."""
        pack = cls(id=pack_id, slug=slug, terms=terms, items=items, created_at=now)
        pack._record(PackCreated(resource_id=pack.id, slug=slug, terms=terms, items=items))
        return pack

    @property
    def name(self) -> str:
        """What people call it."""
        return self.terms.name

    @property
    def is_active(self) -> bool:
        """Tell whether it is sold."""
        return self.terms.is_active

    @property
    def is_public(self) -> bool:
        """Tell whether the public catalogue shows it."""
        return self.terms.is_public

    def price_cents(self, plan_prices: Mapping[PlanId, int]) -> int:
        """Return the price of one period; ``plan_prices`` gives the base price of each plan.

        Percentage: the sum of override or plan prices × (100 − discount) / 100, rounded once,
        half away from zero. Raises ``KeyError`` if a plan's price is missing.
        """
        terms = self.terms
        if terms.discount_percentage is None:
            return terms.base_price_cents
        whole = sum(
            plan_prices[item.plan_id] if item.override_price_cents is None else item.override_price_cents
            for item in self.items
        )
        exact = whole * (_FULL - Fraction(terms.discount_percentage)) / _FULL
        return round_half_away(exact.numerator, exact.denominator)

    def revise(self, terms: PackTerms, items: tuple[PackItem, ...]) -> None:
        """Replace terms and items, for new subscribers; records what changed, nothing if nothing did."""
        check_items(items)
        revised = evolve(self, terms=terms, items=items)
        changes = changed(self.terms, terms) | changed(self, revised, "items")
        if changes:
            self.terms, self.items = terms, items
            self._record(PackUpdated(resource_id=self.id, ordinal=self.version + 1, changes=changes, slug=self.slug))

    def deactivate(self) -> None:
        """Stop selling it; pack subscriptions go on."""
        terms = evolve(self.terms, is_active=False, is_public=False)
        changes = changed(self.terms, terms)
        if changes:
            self.terms = terms
            self._record(
                PackDeactivated(resource_id=self.id, ordinal=self.version + 1, changes=changes, slug=self.slug)
            )


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

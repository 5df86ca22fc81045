"""Service pack: several plans sold as one line, at a price of its own or at a discount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from attrs import Factory, define, evolve, field, frozen

from scaicontrol_core.catalog.events import PackCreated, PackDeactivated, PackUpdated
from scaicontrol_core.catalog.pack_offer import PackItem, PackOffer, check_items
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, changed
from scaicontrol_core.kernel.ids import PackId, PlanId
from scaicontrol_core.kernel.money import require_currency
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import parse_decimal

_FULL = 100


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


@define(kw_only=True, eq=False)
class ServicePack(Recorder):
    """A bundle; ``slug`` is its stable name, ``items`` stand in order, one per service.

    ``offers`` is the history of its items and price, oldest first; empty while it has had only
    one. Who subscribed keeps what was bought until the next cycle.
    """

    id: PackId
    slug: str
    terms: PackTerms
    items: tuple[PackItem, ...]
    created_at: datetime
    offers: tuple[PackOffer, ...] = ()
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
        """Return the price of one period today; see ``PackOffer.price_cents``."""
        return self._offer(self.created_at).price_cents(plan_prices)

    def offer_at(self, at: datetime, cadence: Cadence, currency: str) -> PackOffer:
        """Return items and price in force at an instant, for a cadence and a currency it was sold at.

        Before its first offer that one counts; for a cadence it never had, the offer of today.
        """
        own = tuple(offer for offer in self.offers if (offer.cadence, offer.currency) == (cadence, currency))
        if not own:
            return self._offer(self.created_at)
        return next((offer for offer in reversed(own) if offer.valid_from <= at), own[0])

    @property
    def plan_ids(self) -> frozenset[PlanId]:
        """Every plan it has, or had."""
        past = (offer.plan_ids for offer in self.offers)
        return frozenset(item.plan_id for item in self.items).union(*past)

    def revise(self, terms: PackTerms, items: tuple[PackItem, ...], at: datetime) -> None:
        """Replace terms and items, for new subscribers now and for others from their next cycle on.

        Records what changed, nothing if nothing did.
        """
        check_items(items)
        revised = evolve(self, terms=terms, items=items)
        changes = changed(self.terms, terms) | changed(self, revised, "items")
        if changes:
            before = self._offer(self.created_at)
            self.terms, self.items = terms, items
            if evolve(self._offer(at), valid_from=before.valid_from) != before:
                self.offers = (*(self.offers or (before,)), self._offer(at))
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

    def _offer(self, valid_from: datetime) -> PackOffer:
        terms = self.terms
        return PackOffer(
            valid_from=valid_from,
            cadence=terms.billing_period,
            currency=terms.currency,
            base_price_cents=terms.base_price_cents,
            discount_percentage=terms.discount_percentage,
            items=self.items,
        )

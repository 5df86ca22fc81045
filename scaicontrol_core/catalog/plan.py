"""Plan: a price, a billing period and quotas for one service; the smallest thing one can buy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import Factory, define, evolve, field, frozen

from scaicontrol_core.catalog.events import PlanCreated, PlanDeactivated, PlanDeleted, PlanUpdated
from scaicontrol_core.catalog.usage_pricing import UsageTier, check_tiers
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, changed, to_json
from scaicontrol_core.kernel.ids import PlanId, ServiceId
from scaicontrol_core.kernel.money import require_currency, round_half_away
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.kernel.quantity import parse_decimal

MAX_TRIAL_DAYS = 730
_MAX_MULTIPLIER = 1000
_MAX_QUOTA = 10**15


def _quotas(value: object, pointer: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise Invalid.field(pointer, "This must be an object of whole numbers.", code="quotas_invalid")
    limit = checks.whole(0, _MAX_QUOTA)
    return {checks.slug(name, pointer): limit(number, f"{pointer}/{name}") for name, number in value.items()}


def _multiplier(value: object, pointer: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Invalid.field(
            pointer, f"{value!r} is not an exact number; write fractions as text.", code="decimal_invalid"
        )
    multiplier = parse_decimal(value, pointer)
    if not 0 < multiplier <= _MAX_MULTIPLIER:
        raise Invalid.field(pointer, f"{value} is not a mark-up factor.", code="decimal_invalid")
    return multiplier


_CHECKS: dict[str, checks.Check] = {
    "name": checks.required(200),
    "description": checks.text(2000),
    "tier": checks.slug,
    "billing_period": checks.choice(Cadence),
    "base_price_cents": checks.whole(0, checks.MAX_MINOR_UNITS),
    "currency": checks.worded(require_currency),
    "features": checks.json_object,
    "quotas": _quotas,
    "is_active": checks.flag,
    "is_public": checks.flag,
    "trial_days": checks.whole(0, MAX_TRIAL_DAYS),
    "cost_multiplier": _multiplier,
    "sort_order": checks.whole(0, 100_000),
    "metadata": checks.json_object,
}


@frozen(kw_only=True)
class PlanTerms:
    """All of a plan that an editor may change. Prices are minor units of ``currency``, per ``billing_period``.

    ``tier`` is free (trial, starter, pro, enterprise by convention). ``quotas``: 0 or absent is
    unlimited. ``trial_days`` 0 is no trial. ``cost_multiplier`` marks up cost-based usage.
    ``usage_pricing`` lists the brackets of every metric, in order.
    """

    name: str
    description: str = ""
    tier: str
    billing_period: Cadence
    base_price_cents: int
    currency: str
    features: dict[str, Any] = Factory(dict)
    quotas: dict[str, int] = Factory(dict)
    is_active: bool = True
    is_public: bool = True
    trial_days: int = 0
    cost_multiplier: Decimal = Decimal(1)
    sort_order: int = 0
    metadata: dict[str, Any] = Factory(dict)
    usage_pricing: tuple[UsageTier, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong."""
        checks.check_fields(self, _CHECKS)
        check_tiers(self.usage_pricing)

    @property
    def mrr_cents(self) -> int:
        """The price normalised to a month, in whole minor units, half away from zero.

        Yearly / 12, quarterly / 3, weekly × 4, daily × 30; a one-time price stays as it is.
        """
        times, over = _PER_MONTH[self.billing_period]
        return round_half_away(self.base_price_cents * times, over)


_PER_MONTH = {
    Cadence.MONTHLY: (1, 1),
    Cadence.YEARLY: (1, 12),
    Cadence.QUARTERLY: (1, 3),
    Cadence.WEEKLY: (4, 1),
    Cadence.DAILY: (30, 1),
    Cadence.ONE_TIME: (1, 1),
}


@frozen(kw_only=True)
class PlanPrice:
    """The price of one ``cadence`` in minor units, as it was from an instant (UTC) on."""

    valid_from: datetime
    price_cents: int
    currency: str
    cadence: Cadence


@define(kw_only=True, eq=False)
class Plan(Recorder):
    """One way to buy a service. ``slug`` is unique within the service and never changes.

    ``prices`` is the history of its price, oldest first; empty while it has had only one.
    """

    id: PlanId
    service_id: ServiceId
    service_slug: str
    slug: str
    terms: PlanTerms
    created_at: datetime
    prices: tuple[PlanPrice, ...] = ()
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a slug that could not stand in a plan key."""
        self.slug = checks.slug(self.slug, "/slug")

    @classmethod
    def create(
        cls, plan_id: PlanId, service: tuple[ServiceId, str], slug: str, terms: PlanTerms, now: datetime
    ) -> Plan:
        """Offer a plan; ``service`` is the id and slug of what it sells."""
        plan = cls(id=plan_id, service_id=service[0], service_slug=service[1], slug=slug, terms=terms, created_at=now)
        plan._record(PlanCreated(resource_id=plan.id, plan_key=plan.plan_key, terms=terms))
        return plan

    # -- reading -----------------------------------------------------------------------------

    @property
    def plan_key(self) -> str:
        """The stable name in events and files: ``{service}.{plan}``."""
        return f"{self.service_slug}.{self.slug}"

    @property
    def name(self) -> str:
        """What people call it."""
        return self.terms.name

    @property
    def tier(self) -> str:
        """Its rank, ``trial`` being the one that ends with the trial."""
        return self.terms.tier

    @property
    def billing_period(self) -> Cadence:
        """How often it is charged."""
        return self.terms.billing_period

    @property
    def base_price_cents(self) -> int:
        """The price of one period, in minor units."""
        return self.terms.base_price_cents

    @property
    def currency(self) -> str:
        """The currency of all its prices."""
        return self.terms.currency

    @property
    def mrr_cents(self) -> int:
        """The price normalised to a month."""
        return self.terms.mrr_cents

    @property
    def trial_days(self) -> int:
        """How long a first trial lasts; 0 is none."""
        return self.terms.trial_days

    @property
    def quotas(self) -> dict[str, int]:
        """Limits by metric or thing; 0 or absent is unlimited."""
        return self.terms.quotas

    @property
    def is_active(self) -> bool:
        """Tell whether new subscriptions may choose it."""
        return self.terms.is_active

    @property
    def is_public(self) -> bool:
        """Tell whether the public catalogue shows it."""
        return self.terms.is_public

    @property
    def charges_usage(self) -> bool:
        """Tell whether usage costs anything beside the price of a period."""
        return bool(self.terms.usage_pricing)

    def price_at(self, at: datetime, cadence: Cadence) -> PlanPrice:
        """Return the price in force at an instant for a cadence it was ever sold at.

        Before its first price that one counts; for a cadence it never had, the price of today.
        """
        own = tuple(price for price in self.prices if price.cadence is cadence)
        if not own:
            return self._price(self.created_at)
        return next((price for price in reversed(own) if price.valid_from <= at), own[0])

    def tiers_of(self, metric: str) -> tuple[UsageTier, ...]:
        """Return the brackets of a metric, from 0 upwards; empty if it is not charged."""
        return tuple(tier for tier in self.terms.usage_pricing if tier.metric == metric)

    def _price(self, valid_from: datetime) -> PlanPrice:
        terms = self.terms
        return PlanPrice(
            valid_from=valid_from,
            price_cents=terms.base_price_cents,
            currency=terms.currency,
            cadence=terms.billing_period,
        )

    # -- verbs -------------------------------------------------------------------------------

    def revise(self, terms: PlanTerms, at: datetime) -> None:
        """Replace the terms from an instant on; records what changed, nothing if nothing did.

        A new price counts from each subscription's next cycle, trial days for new ones only.
        """
        changes = changed(self.terms, terms)
        if changes:
            before, self.terms = self._price(self.created_at), terms
            if changes.keys() & {"base_price_cents", "currency", "billing_period"}:
                self.prices = (*(self.prices or (before,)), self._price(at))
            self._record(
                PlanUpdated(resource_id=self.id, ordinal=self.version + 1, changes=changes, plan_key=self.plan_key)
            )

    def deactivate(self) -> None:
        """Take it out of the catalogue; subscriptions to it go on."""
        terms = evolve(self.terms, is_active=False, is_public=False)
        changes = changed(self.terms, terms)
        if changes:
            self.terms = terms
            self._record(
                PlanDeactivated(resource_id=self.id, ordinal=self.version + 1, changes=changes, plan_key=self.plan_key)
            )

    def delete(self) -> None:
        """Say in the log that it is gone; only a plan without live subscriptions and packs may go."""
        gone = {"terms": (to_json(self.terms), None)}
        self._record(PlanDeleted(resource_id=self.id, ordinal=self.version + 1, changes=gone, plan_key=self.plan_key))

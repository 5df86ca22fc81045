"""Bodies and answers of the catalogue. Prices are minor units of the plan's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import field, structs

from scaicontrol_core.catalog.pack import ServicePack
from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.catalog.usage_pricing import UsageTier
from scaicontrol_core.catalog.use_cases.list_packs import PricedPack
from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.events import to_json
from scaicontrol_http.requests import Answer, Body


class UsageTierBody(Body):
    """One bracket of a metric's usage price; ``unit_price_cents`` is a decimal, as text if fractional."""

    metric: str
    tier_start: int
    tier_end: int | None
    unit_price_cents: str | int
    unit_label: str | None = None
    unit_divisor: int = 1
    tier_mode: str | None = None


class PlanBody(Body):
    """A plan's terms, whole."""

    name: str
    tier: str
    billing_period: str
    base_price_cents: int
    currency: str
    description: str = ""
    features: dict[str, Any] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)
    is_active: bool = True
    is_public: bool = True
    trial_days: int = 0
    cost_multiplier: str = "1"
    sort_order: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    usage_pricing: list[UsageTierBody] = field(default_factory=list)

    def terms(self) -> PlanTerms:
        """Return the core's value; ``Invalid`` names every wrong field."""
        given = structs.asdict(self)
        given.pop("slug", None)
        given["usage_pricing"] = tuple(_tier(index, tier) for index, tier in enumerate(self.usage_pricing))
        return PlanTerms(**given)


class NewPlanBody(PlanBody):
    """A plan to add to a service."""

    slug: str


def _tier(index: int, tier: UsageTierBody) -> UsageTier:
    given = {name: value for name, value in structs.asdict(tier).items() if value is not None or name == "tier_end"}
    try:
        return UsageTier(**given)
    except Invalid as wrong:
        fields = [FieldError(f"/usage_pricing/{index}{each.pointer}", each.message) for each in wrong.fields]
        raise Invalid(wrong.message, code=wrong.code, fields=fields, hint=wrong.hint) from None


class PlanAnswer(Answer):
    """A plan."""

    id: str
    service: str
    slug: str
    plan_key: str
    name: str
    description: str
    tier: str
    billing_period: str
    base_price_cents: int
    currency: str
    mrr_cents: int
    features: dict[str, Any]
    quotas: dict[str, int]
    is_active: bool
    is_public: bool
    trial_days: int
    cost_multiplier: str
    sort_order: int
    usage_pricing: list[dict[str, Any]]
    version: int

    @classmethod
    def of(cls, plan: Plan) -> PlanAnswer:
        """Show a plan."""
        terms = plan.terms
        return cls(
            id=plan.id,
            service=plan.service_slug,
            slug=plan.slug,
            plan_key=plan.plan_key,
            name=terms.name,
            description=terms.description,
            tier=terms.tier,
            billing_period=terms.billing_period.value,
            base_price_cents=terms.base_price_cents,
            currency=terms.currency,
            mrr_cents=terms.mrr_cents,
            features=terms.features,
            quotas=terms.quotas,
            is_active=terms.is_active,
            is_public=terms.is_public,
            trial_days=terms.trial_days,
            cost_multiplier=to_json(Decimal(terms.cost_multiplier)),
            sort_order=terms.sort_order,
            usage_pricing=[to_json(tier) for tier in terms.usage_pricing],
            version=plan.version,
        )


class ServiceAnswer(Answer, omit_defaults=True):
    """A service; its plans where they were asked for."""

    id: str
    slug: str
    name: str
    description: str
    metrics: list[dict[str, Any]]
    allows_multiple: bool
    is_active: bool
    is_public: bool
    version: int
    plans: list[PlanAnswer] | None = None

    @classmethod
    def of(cls, service: Service, plans: list[Plan] | None = None) -> ServiceAnswer:
        """Show a service."""
        return cls(
            id=service.id,
            slug=service.slug,
            name=service.name,
            description=service.terms.description,
            metrics=[to_json(metric) for metric in service.metrics],
            allows_multiple=service.allows_multiple,
            is_active=service.is_active,
            is_public=service.is_public,
            version=service.version,
            plans=None if plans is None else [PlanAnswer.of(plan) for plan in plans],
        )


class PackAnswer(Answer):
    """A service pack and the price of one period at today's plan prices."""

    id: str
    slug: str
    terms: dict[str, Any]
    price_cents: int

    @classmethod
    def of(cls, priced: PricedPack) -> PackAnswer:
        """Show a pack."""
        pack: ServicePack = priced.pack
        return cls(id=pack.id, slug=pack.slug, terms=to_json(pack.terms), price_cents=priced.price_cents)

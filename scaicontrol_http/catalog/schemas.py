"""Bodies and answers of the catalogue. Prices are minor units of the plan's currency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import field, structs

from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.priced_pack import PricedPack
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.catalog.usage_pricing import UsageTier
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.events import to_json
from scaicontrol_http.requests import Answer, Body


class UsageTierBody(Body, kw_only=True):
    """One bracket of a metric's usage price; ``unit_price_cents`` is a decimal, as text if fractional."""

    metric: str
    tier_start: int = 0
    tier_end: int | None = None
    unit_price_cents: str | int
    unit_label: str | None = None
    unit_divisor: int = 1
    tier_mode: str = "graduated"

    def bracket(self) -> UsageTier:
        """Return the core's value; ``Invalid`` names every wrong field."""
        return UsageTier(**structs.asdict(self))


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
    cost_margins: dict[str, str] = field(default_factory=dict)
    sort_order: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    usage_pricing: list[UsageTierBody] = field(default_factory=list)

    def terms(self) -> PlanTerms:
        """Return the core's value; ``Invalid`` names every wrong field, or every wrong bracket."""
        given = structs.asdict(self)
        given.pop("slug", None)
        findings = Findings()
        given["usage_pricing"] = tuple(
            made
            for index, tier in enumerate(self.usage_pricing)
            if (made := findings.attempt(tier.bracket, at=f"/usage_pricing/{index}")) is not None
        )
        findings.raise_if_any()
        return PlanTerms(**given)


class NewPlanBody(PlanBody, kw_only=True):
    """A plan to add to a service."""

    slug: str


class PlanAnswer(Answer):
    """A plan as the public catalogue shows it."""

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
    trial_days: int
    sort_order: int
    usage_pricing: list[dict[str, Any]]

    @classmethod
    def of(cls, plan: Plan) -> PlanAnswer:
        """Show a plan."""
        return cls(**_plan(plan))


class RegistryPlanAnswer(PlanAnswer):
    """A plan as its editors see it: with what is nobody else's business, such as the mark-up."""

    is_active: bool
    is_public: bool
    cost_multiplier: str
    cost_margins: dict[str, str]
    billable_rate: dict[str, str]
    metadata: dict[str, Any]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, plan: Plan) -> RegistryPlanAnswer:
        """Show a plan."""
        return cls(
            **_plan(plan),
            is_active=plan.is_active,
            is_public=plan.is_public,
            cost_multiplier=to_json(plan.terms.cost_multiplier),
            cost_margins=to_json(plan.terms.cost_margins),
            billable_rate=to_json(plan.billable_rate),
            metadata=plan.terms.metadata,
            created_at=plan.created_at,
            version=plan.version,
        )


def _plan(plan: Plan) -> dict[str, Any]:
    terms = plan.terms
    return {
        "id": plan.id,
        "service": plan.service_slug,
        "slug": plan.slug,
        "plan_key": plan.plan_key,
        "name": terms.name,
        "description": terms.description,
        "tier": terms.tier,
        "billing_period": terms.billing_period.value,
        "base_price_cents": terms.base_price_cents,
        "currency": terms.currency,
        "mrr_cents": terms.mrr_cents,
        "features": terms.features,
        "quotas": terms.quotas,
        "trial_days": terms.trial_days,
        "sort_order": terms.sort_order,
        "usage_pricing": [to_json(tier) for tier in terms.usage_pricing],
    }


class ServiceAnswer(Answer):
    """A service as the public catalogue shows it."""

    id: str
    slug: str
    name: str
    description: str
    metrics: list[dict[str, Any]]
    allows_multiple: bool

    @classmethod
    def of(cls, service: Service) -> ServiceAnswer:
        """Show a service."""
        return cls(**_service(service))


class RegistryServiceAnswer(ServiceAnswer, kw_only=True):
    """A service as its editors see it; ``plans`` is null where they were not asked for."""

    app_id: str
    is_active: bool
    is_public: bool
    sort_order: int
    metadata: dict[str, Any]
    created_at: datetime
    version: int
    plans: list[RegistryPlanAnswer] | None = None

    @classmethod
    def of(cls, service: Service, plans: Iterable[Plan] | None = None) -> RegistryServiceAnswer:
        """Show a service."""
        return cls(
            **_service(service),
            app_id=service.app_id,
            is_active=service.is_active,
            is_public=service.is_public,
            sort_order=service.terms.sort_order,
            metadata=service.terms.metadata,
            created_at=service.created_at,
            version=service.version,
            plans=None if plans is None else [RegistryPlanAnswer.of(plan) for plan in plans],
        )


def _service(service: Service) -> dict[str, Any]:
    return {
        "id": service.id,
        "slug": service.slug,
        "name": service.name,
        "description": service.terms.description,
        "metrics": [to_json(metric) for metric in service.metrics],
        "allows_multiple": service.allows_multiple,
    }


class PackItemAnswer(Answer):
    """One plan of a pack; ``override_price_cents`` null means the plan's own price."""

    plan_key: str
    override_price_cents: int | None


class PackAnswer(Answer):
    """A service pack and the price of one period at today's plan prices."""

    id: str
    slug: str
    name: str
    description: str
    icon_url: str | None
    billing_period: str
    currency: str
    price_cents: int
    discount_type: str
    discount_percentage: str | None
    trial_days: int
    features: dict[str, Any]
    items: list[PackItemAnswer]

    @classmethod
    def of(cls, priced: PricedPack) -> PackAnswer:
        """Show a pack."""
        pack, terms = priced.pack, priced.pack.terms
        return cls(
            id=pack.id,
            slug=pack.slug,
            name=terms.name,
            description=terms.description,
            icon_url=terms.icon_url,
            billing_period=terms.billing_period.value,
            currency=terms.currency,
            price_cents=priced.price_cents,
            discount_type=terms.discount_type.value,
            discount_percentage=to_json(terms.discount_percentage),
            trial_days=terms.trial_days,
            features=terms.features,
            items=[
                PackItemAnswer(plan_key=item.plan_key, override_price_cents=item.override_price_cents)
                for item in pack.items
            ],
        )

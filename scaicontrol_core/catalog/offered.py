"""What the outside is told of plans and services: what buyers may know, without mark-ups, costs and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service


@frozen(kw_only=True)
class OfferedPlan:
    """A plan at one moment; the price is in minor units of ``currency`` per ``billing_period``."""

    plan_id: str
    plan_key: str
    service_id: str
    service: str
    name: str
    description: str
    tier: str
    billing_period: str
    base_price_cents: int
    currency: str
    trial_days: int
    features: Mapping[str, Any]
    quotas: Mapping[str, int]
    is_active: bool
    is_public: bool

    @classmethod
    def of(cls, plan: Plan) -> OfferedPlan:
        """Show a plan."""
        terms = plan.terms
        return cls(
            plan_id=plan.id,
            plan_key=plan.plan_key,
            service_id=plan.service_id,
            service=plan.service_slug,
            name=terms.name,
            description=terms.description,
            tier=terms.tier,
            billing_period=terms.billing_period.value,
            base_price_cents=terms.base_price_cents,
            currency=terms.currency,
            trial_days=terms.trial_days,
            features=dict(terms.features),
            quotas=dict(terms.quotas),
            is_active=terms.is_active,
            is_public=terms.is_public,
        )


@frozen(kw_only=True)
class OfferedService:
    """A service at one moment; ``metrics`` are slugs."""

    service_id: str
    service: str
    app_id: str
    name: str
    description: str
    metrics: tuple[str, ...]
    is_active: bool
    is_public: bool

    @classmethod
    def of(cls, service: Service) -> OfferedService:
        """Show a service."""
        terms = service.terms
        return cls(
            service_id=service.id,
            service=service.slug,
            app_id=terms.app_id,
            name=terms.name,
            description=terms.description,
            metrics=tuple(metric.slug for metric in terms.metrics),
            is_active=terms.is_active,
            is_public=terms.is_public,
        )

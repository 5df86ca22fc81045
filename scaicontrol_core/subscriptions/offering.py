"""What may be sold to a tenant: the catalogue's word, and its partner's contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.subscriptions.errors import PlanNotAllowed, PlanUnavailable, ServiceNotAllowed

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.tenancy.partner import Partner

#: The tier of plans that end with their trial.
TRIAL_TIER = "trial"
_POINTER = "/plan_key"


def require_offered(plan: Plan, service: Service, partner: Partner, *, public_only: bool = False) -> None:
    """Raise unless the partner may sell the plan to its tenants today.

    ``PlanUnavailable`` if plan or service is switched off (or hidden, with ``public_only``), or
    (``plan_without_rate``) if nobody knows yet what its cost-based usage costs;
    ``ServiceNotAllowed`` or ``PlanNotAllowed`` if the partner's contract leaves it out, where
    an empty list leaves out nothing.
    """
    if not (plan.is_active and service.is_active) or (public_only and not (plan.is_public and service.is_public)):
        raise PlanUnavailable.field(_POINTER, f"{plan.plan_key} is not sold.", code=PlanUnavailable.code)
    if plan.unrated:
        text = f"{plan.plan_key} has no rate yet for {', '.join(plan.unrated)}."
        raise PlanUnavailable.field(_POINTER, text, code="plan_without_rate")
    contract = partner.configuration
    if contract.allowed_services and service.slug not in contract.allowed_services:
        raise ServiceNotAllowed.field(
            _POINTER, f"{partner.trading_name} does not sell {service.slug}.", code=ServiceNotAllowed.code
        )
    if contract.allowed_plans and plan.plan_key not in contract.allowed_plans:
        raise PlanNotAllowed.field(
            _POINTER, f"{partner.trading_name} does not sell {plan.plan_key}.", code=PlanNotAllowed.code
        )

"""What is told of the catalogue: what buyers may know, and no mark-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from attrs import frozen

from scaicontrol_core.delivery.payloads.payload import Payload


@frozen(kw_only=True)
class CatalogChanged(Payload):
    """Something on offer came, changed or went; the rest is how it is now."""

    change_kind: Annotated[str, "created, updated, deactivated, deleted; of a plan also rates_refreshed."]
    changed_fields: Annotated[tuple[str, ...], "What differs from before; empty for what is new."]


@frozen(kw_only=True)
class PlanChanged(CatalogChanged):
    """A plan."""

    plan_id: str
    plan_key: str
    service_id: str
    service: Annotated[str, "The service's slug."]
    name: str
    description: str
    tier: str
    billing_period: str
    base_price_cents: int
    currency: str
    trial_days: int
    features: Mapping[str, Any]
    quotas: Annotated[Mapping[str, int], "By metric; 0 or absent is unlimited."]
    is_active: bool
    is_public: bool


@frozen(kw_only=True)
class ServiceChanged(CatalogChanged):
    """A service."""

    service_id: str
    service: Annotated[str, "The service's slug."]
    app_id: str
    name: str
    description: str
    metrics: Annotated[tuple[str, ...], "The slugs of what is measured."]
    is_active: bool
    is_public: bool

"""Entitlements as JSON, and back: what a cache holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.entitlements.entitlement import EntitledSubscription, Entitlement, QuotaStanding
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.ids import PackSubscriptionId, PlanId, SubscriptionId, TenantId
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus


def written(entitlement: Entitlement) -> dict[str, Any]:
    """Return the entitlement as JSON."""
    shown: dict[str, Any] = to_json(entitlement)
    return shown


def restored(kept: Mapping[str, Any]) -> Entitlement:
    """Return what ``written`` was given; ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
    return Entitlement(
        tenant_id=TenantId(kept["tenant_id"]),
        service=kept["service"],
        subscriptions=tuple(_subscription(each) for each in kept["subscriptions"]),
    )


def _subscription(kept: Mapping[str, Any]) -> EntitledSubscription:
    pack, period_end = kept["pack_subscription_id"], kept["period_end"]
    return EntitledSubscription(
        subscription_id=SubscriptionId(kept["subscription_id"]),
        status=SubscriptionStatus(kept["status"]),
        plan_id=PlanId(kept["plan_id"]),
        plan_key=kept["plan_key"],
        quantity=kept["quantity"],
        pack_subscription_id=PackSubscriptionId(pack) if pack else None,
        trial_ends_at=_instant(kept["trial_ends_at"]),
        cancels_at=_instant(kept["cancels_at"]),
        period_start=date.fromisoformat(kept["period_start"]),
        period_end=date.fromisoformat(period_end) if period_end else None,
        features=kept["features"],
        limits=kept["limits"],
        metrics=tuple(_standing(each) for each in kept["metrics"]),
    )


def _standing(kept: Mapping[str, Any]) -> QuotaStanding:
    return QuotaStanding(
        metric=kept["metric"],
        unit=kept["unit"],
        aggregation=Aggregation(kept["aggregation"]),
        quota=kept["quota"],
        used=Decimal(kept["used"]),
        reached=tuple(kept["reached"]),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

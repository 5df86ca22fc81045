"""A subscription as metering sees it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.metering.ports import MeteredSubscription

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
    from scaicontrol_core.subscriptions.schedule import BillingSchedule


class Kept(Protocol):
    """A subscription, or as much of one as a store has read."""

    id: SubscriptionId
    partner_id: PartnerId
    tenant_id: TenantId
    service_id: ServiceId
    plan_id: PlanId
    starts_on: date
    cancelled_at: datetime | None
    trial_ends_at: datetime | None


def metered(
    kept: Kept,
    schedule: BillingSchedule | None,
    *,
    timezone: str,
    grace_hours: int,
    rate: Mapping[str, Decimal],
) -> MeteredSubscription:
    """Return what metering must know of a subscription; zone and grace are its seller's."""
    trial_ends = kept.trial_ends_at
    return MeteredSubscription(
        id=kept.id,
        partner_id=kept.partner_id,
        tenant_id=kept.tenant_id,
        service_id=kept.service_id,
        plan_id=kept.plan_id,
        timezone=timezone,
        begins_on=kept.starts_on,
        ended_at=kept.cancelled_at,
        calendar=schedule,
        open_until=local_date(trial_ends, timezone) if trial_ends else None,
        grace_hours=grace_hours,
        billable_rate=rate,
    )

"""A subscription as metering sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.metering.ports import MeteredSubscription

if TYPE_CHECKING:
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.tenancy.seller import PartnerConfiguration


def metered(subscription: Subscription, seller: PartnerConfiguration) -> MeteredSubscription:
    """Return what metering must know of a subscription and its seller."""
    trial_ends = subscription.trial_ends_at
    return MeteredSubscription(
        id=subscription.id,
        partner_id=subscription.partner_id,
        tenant_id=subscription.tenant_id,
        service_id=subscription.service_id,
        plan_id=subscription.plan_id,
        timezone=seller.billing_timezone,
        begins_on=subscription.starts_on,
        ended_at=subscription.cancelled_at,
        calendar=subscription.schedule,
        open_until=local_date(trial_ends, seller.billing_timezone) if trial_ends else None,
        grace_hours=seller.usage_grace_hours,
    )

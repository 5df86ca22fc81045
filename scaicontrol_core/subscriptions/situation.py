"""What every verb of a subscription needs to have at hand: one way to load it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.subscriptions.errors import ChildOfPack
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.kernel.ids import SubscriptionId
    from scaicontrol_core.subscriptions.ports import SubscriptionsWork
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.tenant import Tenant


@frozen
class Situation:
    """A subscription as loaded, with its plan, its tenant and its partner, its seller and the seller's calendar."""

    subscription: Subscription
    plan: Plan
    tenant: Tenant
    partner: Partner
    seller: Partner
    timezone: str
    today: date


async def load_situation(work: SubscriptionsWork, subscription_id: SubscriptionId, now: datetime) -> Situation:
    """Load what every verb needs; ``NotFound`` for an id outside the scope, ``ChildOfPack`` for a pack's child."""
    subscription = await work.subscriptions.get(subscription_id)
    if subscription.pack_subscription_id is not None:
        raise ChildOfPack(subscription.pack_subscription_id)
    return await situation_of(work, subscription, now)


async def situation_of(work: SubscriptionsWork, subscription: Subscription, now: datetime) -> Situation:
    """Load what stands around a subscription."""
    plan = await work.plans.get(subscription.plan_id)
    tenant = await work.tenants.get(subscription.tenant_id)
    partner, operator = await work.sellers.own_and_operator(tenant.partner_id)
    seller = seller_for(partner, operator)
    timezone = seller.configuration.billing_timezone
    return Situation(subscription, plan, tenant, partner, seller, timezone, local_date(now, timezone))

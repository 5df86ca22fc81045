"""What every verb of a pack subscription needs at hand, and how it is kept: the pack first, then its children."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.subscriptions.pack_events import PackIncludes
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.catalog.pack import ServicePack
    from scaicontrol_core.catalog.pack_offer import PackItem
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.kernel.ids import Ids, PackSubscriptionId, PlanId, ServiceId
    from scaicontrol_core.subscriptions.pack_state import PackState
    from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
    from scaicontrol_core.subscriptions.ports import SubscriptionsWork
    from scaicontrol_core.tenancy.tenant import Tenant


@frozen
class PackSituation:
    """A pack subscription with its pack, its live children, all plans it may need, and the seller's calendar."""

    subscription: PackSubscription
    pack: ServicePack
    children: dict[ServiceId, Subscription] = field(eq=False)
    plans: Mapping[PlanId, Plan]
    tenant: Tenant
    timezone: str
    today: date

    def plan_of(self, child: Subscription) -> Plan:
        """Return the plan that a child has now."""
        return self.plans[child.plan_id]

    def let_follow(self) -> None:
        """Bring every child where the pack stands."""
        for member in self.subscription.members:
            child = self.children.get(member.service_id)
            if child is not None:
                child.follow(self.subscription, self.plans[member.plan_id])


async def load_pack_situation(
    work: SubscriptionsWork, subscription_id: PackSubscriptionId, now: datetime
) -> PackSituation:
    """Load it all; ``NotFound`` for an id outside the scope."""
    it = await work.pack_subscriptions.get(subscription_id)
    pack = await work.packs.get(it.pack_id)
    children = {child.service_id: child for child in await work.subscriptions.of_pack(it.id)}
    wanted = pack.plan_ids.union(child.plan_id for child in children.values())
    tenant = await work.tenants.get(it.tenant_id)
    seller = seller_for(*await work.sellers.own_and_operator(tenant.partner_id))
    timezone = seller.configuration.billing_timezone
    plans = await work.plans.get_many(sorted(wanted))
    return PackSituation(it, pack, children, plans, tenant, timezone, local_date(now, timezone))


async def keep(work: SubscriptionsWork, here: PackSituation) -> None:
    """Write the pack subscription and every child that changed; the caller commits."""
    if here.subscription.version:
        await work.pack_subscriptions.save(here.subscription)
    else:
        await work.pack_subscriptions.add(here.subscription)
    for child in here.children.values():
        if not child.version:
            await work.subscriptions.add(child)
        elif child.has_changed:
            await work.subscriptions.save(child)


def price_of(
    it: PackState, pack: ServicePack, plans: Mapping[PlanId, Plan], start: date, timezone: str
) -> tuple[tuple[PackItem, ...], int]:
    """Return what the period that begins on a day includes, and its price in minor units.

    ``NotFound`` for a plan that is gone.
    """
    at, offer = it.offer_of(pack, start, timezone)
    for item in offer.items:
        if item.plan_id not in plans:
            raise NotFound.of("plan", item.plan_id)
    prices = {item.plan_id: plans[item.plan_id].price_at(at, it.cadence).price_cents for item in offer.items}
    return offer.items, offer.price_cents(prices)


@frozen
class Begins:
    """When a child begins, on which local day, and where its id comes from."""

    at: datetime
    on: date
    ids: Ids


def new_child(it: PackState, item: PackItem, service: Service, plan: Plan, begins: Begins) -> Subscription:
    """Return the pending child of one item."""
    child = Subscription(
        id=SubscriptionId(begins.ids.new("sub")),
        partner_id=it.partner_id,
        tenant_id=it.tenant_id,
        service_id=item.service_id,
        plan_id=item.plan_id,
        plan_key=item.plan_key,
        starts_on=begins.on,
        created_at=begins.at,
        exclusive=not service.allows_multiple,
        pack_subscription_id=it.id,
    )
    child.record_creation(plan)
    return child


def members_of(items: Sequence[PackItem], children: Mapping[ServiceId, Subscription]) -> tuple[PackIncludes, ...]:
    """Return what is included, in the pack's order."""
    return tuple(
        PackIncludes(
            service_id=item.service_id,
            plan_id=item.plan_id,
            plan_key=item.plan_key,
            subscription_id=children[item.service_id].id,
        )
        for item in items
        if item.service_id in children
    )

"""Subscribe a tenant to a pack: one sale of several services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PackSubscriptionId, TenantId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.errors import (
    BillingProfileRequired,
    PackOverlaps,
    PackTrialUsed,
    PackUnavailable,
)
from scaicontrol_core.subscriptions.offering import TRIAL_TIER, require_offered
from scaicontrol_core.subscriptions.pack_situation import (
    Begins,
    PackSituation,
    keep,
    members_of,
    new_child,
    price_of,
)
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from scaicontrol_core.catalog.pack import ServicePack
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.kernel.ids import PlanId, ServiceId
    from scaicontrol_core.tenancy.tenant import Tenant

_CHECKS: dict[str, checks.Check] = {"pack_slug": checks.required(60)}


@frozen
class NewPackSubscription:
    """Which pack is sold to whom. It begins today."""

    tenant_id: TenantId
    pack_slug: str

    def __attrs_post_init__(self) -> None:
        """Clean the fields."""
        checks.check_fields(self, _CHECKS)


@frozen
class SubscribePack:
    """Put a tenant on every plan of a pack, at the pack's price; trialing if a first trial is due.

    Raises ``NotFound`` (tenant, pack), ``BillingProfileRequired``, ``PackUnavailable``,
    ``PackOverlaps``, ``PackTrialUsed`` and what ``require_offered`` raises.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, wanted: NewPackSubscription) -> PackSubscription:
        """Create the pack subscription and all its children, or nothing at all."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            tenant = await work.tenants.get(wanted.tenant_id)
            partner, operator = await work.sellers.own_and_operator(tenant.partner_id)
            pack = await work.packs.by_slug(wanted.pack_slug)
            public = pack.is_public or actor.scope.kind is not ScopeKind.TENANT
            if not (pack.is_active and public):
                raise PackUnavailable.field("/pack", f"{pack.slug} is not sold.", code=PackUnavailable.code)
            plans = await work.plans.get_many(sorted(pack.plan_ids))
            services = {service.id: service for service in await work.services.all()}
            for item in pack.items:
                require_offered(plans[item.plan_id], services[item.service_id], partner)
            await _require_free(work, tenant, pack, services)
            trial_days = await _trial_days(work, tenant, pack, plans, services)
            timezone = seller_for(partner, operator).configuration.billing_timezone
            today = local_date(now, timezone)
            it = self._subscription(pack, tenant, today, now)
            here = PackSituation(it, pack, {}, plans, tenant, timezone, today)
            self._begin(here, services, now, trial_days)
            await keep(work, here)
            await work.commit()
        return it

    def _subscription(self, pack: ServicePack, tenant: Tenant, today: date, now: datetime) -> PackSubscription:
        return PackSubscription(
            id=PackSubscriptionId(self.ids.new("pks")),
            partner_id=tenant.partner_id,
            tenant_id=tenant.id,
            pack_id=pack.id,
            pack_slug=pack.slug,
            cadence=pack.terms.billing_period,
            currency=pack.terms.currency,
            price_cents=0,
            members=(),
            starts_on=today,
            created_at=now,
        )

    def _begin(
        self, here: PackSituation, services: Mapping[ServiceId, Service], now: datetime, trial_days: int
    ) -> None:
        it, begins = here.subscription, Begins(now, here.today, self.ids)
        it.activated_at = now  # the offer of the day is the one at the instant of the sale
        items, it.price_cents = price_of(it, here.pack, here.plans, here.today, here.timezone)
        for item in items:
            service = services[item.service_id]
            here.children[service.id] = new_child(it, item, service, here.plans[item.plan_id], begins)
        it.members = members_of(items, here.children)
        it.activate(now, here.timezone, trial_days=trial_days)
        here.let_follow()


async def _require_free(
    work: SubscriptionsWork, tenant: Tenant, pack: ServicePack, services: Mapping[ServiceId, Service]
) -> None:
    if not await work.billing_profiles.exists(tenant.id):
        raise BillingProfileRequired(tenant.id)
    single = [service for item in pack.items if not (service := services[item.service_id]).allows_multiple]
    taken = [each.slug for each in single if await work.subscriptions.find_live(tenant.id, each.id)]
    if taken:
        raise PackOverlaps(pack.slug, tuple(taken))


async def _trial_days(
    work: SubscriptionsWork,
    tenant: Tenant,
    pack: ServicePack,
    plans: Mapping[PlanId, Plan],
    services: Mapping[ServiceId, Service],
) -> int:
    """Return how long the trial is, 0 for none; a bundle with trial-tier plans begins with one or not at all."""
    days = pack.terms.trial_days
    had = {item.service_id for item in pack.items if await work.subscriptions.had_trial(tenant.id, item.service_id)}
    trials = [item.service_id for item in pack.items if plans[item.plan_id].tier == TRIAL_TIER]
    again = tuple(services[service_id].slug for service_id in trials if service_id in had)
    if again:
        raise PackTrialUsed(pack.slug, again)
    if trials and not days:
        raise PackUnavailable.field("/pack", f"{pack.slug} is a trial of no days.", code=PackUnavailable.code)
    return days if trials or not had else 0

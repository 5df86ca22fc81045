"""Looking up a tenant's entitlements: out of the cache, or out of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access import Actor
from scaicontrol_core.entitlements.entitlement import EntitledSubscription, Entitlement, QuotaStanding
from scaicontrol_core.entitlements.kept import KeptEntitlements, TenantEntitlements
from scaicontrol_core.entitlements.ports import EntitlementsWork
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.metering.charting import quantities
from scaicontrol_core.metering.usage_series import quota_of

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.kernel.ids import SubscriptionId
    from scaicontrol_core.metering.ports import MeteredSubscription, TotalKey
    from scaicontrol_core.metering.rollup import Total
    from scaicontrol_core.metering.threshold import UsageThreshold
    from scaicontrol_core.subscriptions.subscription import Subscription

#: Services own no rows; sellers' zones and calendars are no tenant's to read. Who may ask is decided beside.
_KEEPER = Actor.system("entitlements")


async def look_up(
    work: UnitOfWorkFactory[EntitlementsWork], kept: KeptEntitlements, actor: Actor, tenant_id: TenantId
) -> TenantEntitlements:
    """Return all of a tenant's entitlements; ``NotFound`` (``tenant_not_found``) beyond the actor's scope.

    For a service there is no tenant beyond its scope: one that does not exist has no subscription.
    """
    own = actor.scope.tenant_id
    if own is not None and own != tenant_id:
        raise NotFound.of("tenant", tenant_id)
    found = await kept.get(tenant_id) or await _read(work, kept, tenant_id)
    if actor.scope.kind is not ScopeKind.SERVICE and (
        found.partner_id is None or not actor.scope.covers(partner_id=found.partner_id, tenant_id=tenant_id)
    ):
        raise NotFound.of("tenant", tenant_id)
    return found


def services_of(actor: Actor, found: TenantEntitlements) -> frozenset[str]:
    """Return the slugs that the actor may ask about: a service's own, or all.

    Raises ``Forbidden`` (``service_unknown``) for a service that the catalogue does not have.
    """
    if actor.scope.kind is not ScopeKind.SERVICE:
        return frozenset(found.owners)
    own = frozenset(slug for slug, app_id in found.owners.items() if app_id == actor.scope.app_id)
    if not own:
        raise Forbidden("No service of the catalogue has this token's app_id.", code="service_unknown")
    return own


async def _read(
    factory: UnitOfWorkFactory[EntitlementsWork], kept: KeptEntitlements, tenant_id: TenantId
) -> TenantEntitlements:
    """Read everything in one transaction, and keep it from before it began."""
    read_at = kept.clock.now()
    async with factory.begin(_KEEPER, read_only=True) as work:
        services = await work.services.all()
        try:
            partner_id = (await work.tenants.get(tenant_id)).partner_id
            found = await _entitlements(work, tenant_id, services, read_at)
        except NotFound:
            partner_id, found = None, []
    owners = {each.slug: each.app_id for each in services}
    return await kept.keep(tenant_id, partner_id, owners, found, read_at)


async def _entitlements(
    work: EntitlementsWork, tenant_id: TenantId, services: Sequence[Service], now: datetime
) -> list[Entitlement]:
    live = await work.subscriptions.live_of(tenant_id)
    if not live:
        return []
    plans = await work.plans.get_many(sorted({each.plan_id for each in live}))
    metered = {each.id: each for each in await work.metered.of_tenants([tenant_id], [each.id for each in services])}
    counted = await _counted(work, [metered[each.id] for each in live if each.id in metered], now)
    since = min((each.start for each in counted.values()), default=now.date())
    reached = await work.usage_thresholds.reached(list(counted), since)
    found: list[Entitlement] = []
    for service in services:
        own = [
            _subscription(each, counted[each.id], plans[each.plan_id], service, reached)
            for each in live
            if each.service_id == service.id and each.id in counted and each.plan_id in plans
        ]
        if own:
            ordered = sorted(own, key=lambda each: (not each.is_serving, each.subscription_id))
            found.append(Entitlement(tenant_id=tenant_id, service=service.slug, subscriptions=tuple(ordered)))
    return found


@frozen
class _Counted:
    """A subscription's running period, and the totals of that period."""

    start: date
    end: date | None
    totals: dict[TotalKey, Total]


async def _counted(
    work: EntitlementsWork, metered: Sequence[MeteredSubscription], now: datetime
) -> dict[SubscriptionId, _Counted]:
    """Read the totals of each running period; one read for all that have the same days."""
    by_days: dict[Period, list[tuple[MeteredSubscription, date | None]]] = {}
    for each in metered:
        today = each.day_of(now)
        start, end = each.running(today)
        by_days.setdefault(Period(start, end or today + timedelta(days=1)), []).append((each, end))
    counted: dict[SubscriptionId, _Counted] = {}
    for days, together in by_days.items():
        totals = dict(await work.usage_rollups.totals([each.id for each, _ in together], days))
        counted |= {each.id: _Counted(days.start, end, totals) for each, end in together}
    return counted


def _subscription(
    subscription: Subscription, counted: _Counted, plan: Plan, service: Service, reached: Sequence[UsageThreshold]
) -> EntitledSubscription:
    used = quantities(counted.totals, subscription.id, service)
    metrics = tuple(
        QuotaStanding(
            metric=metric.slug,
            unit=metric.unit,
            aggregation=metric.aggregation,
            quota=quota_of(plan.quotas, metric.slug),
            used=used.get(metric.slug, Decimal(0)),
            reached=tuple(
                each.key.percent
                for each in reached
                if (each.key.subscription_id, each.key.metric, each.key.period_start)
                == (subscription.id, metric.slug, counted.start)
            ),
        )
        for metric in service.metrics
    )
    counting = {metric.slug for metric in service.metrics}
    return EntitledSubscription(
        subscription_id=subscription.id,
        status=subscription.status,
        plan_id=plan.id,
        plan_key=plan.plan_key,
        quantity=subscription.quantity,
        pack_subscription_id=subscription.pack_subscription_id,
        trial_ends_at=subscription.trial_ends_at,
        cancels_at=subscription.pending_cancellation_at,
        period_start=counted.start,
        period_end=counted.end,
        features=plan.terms.features,
        limits={name: limit for name, limit in plan.quotas.items() if limit and name not in counting},
        metrics=metrics,
    )

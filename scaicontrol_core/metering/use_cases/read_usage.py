"""Show what a tenant used, metric by metric, beside its quotas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.catalog.plan import Plan
from scaicontrol_core.catalog.service import Metric, Service
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid, NotFound
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.metering.charting import series, used_within
from scaicontrol_core.metering.ports import MeteredSubscription, MeteringWork
from scaicontrol_core.metering.threshold import UsageThreshold
from scaicontrol_core.metering.usage_series import Granularity, MetricUsage, Point, Reached, projected, quota_of

#: Most days of a series by granularity: some 750 points a metric at most.
LONGEST = {Granularity.HOUR: 31, Granularity.DAY: 366, Granularity.MONTH: 3660}
#: Sellers' zones and calendars are no tenant's to read; whose usage may be read is decided here before.
_KEEPER = Actor.system("metering")


@frozen(kw_only=True)
class UsageQuery:
    """Whose usage, and over which local days ``[start, end)``; without them the 30 days until today."""

    tenant_id: TenantId
    by: Granularity = Granularity.DAY
    start: date | None = None
    end: date | None = None
    service: str | None = None

    def span(self, today: date) -> Period:
        """Return the days; ``Invalid`` for too many of them, or none."""
        end = self.end or today + timedelta(days=1)
        start = self.start or end - timedelta(days=30)
        if start >= end:
            raise Invalid.field("/start", "A span starts before it ends.", code="period_invalid")
        if (end - start).days > LONGEST[self.by]:
            text = f"By {self.by}, a span has at most {LONGEST[self.by]:,} days."
            raise Invalid.field("/start", text, code="span_too_long")
        return Period(start, end)


@frozen
class ReadUsage:
    """Return each metric of the tenant's subscriptions that run, or had usage within the span.

    Raises ``NotFound`` (``tenant_not_found``, ``service_not_found``), ``Invalid`` (``span_too_long``).
    """

    work: UnitOfWorkFactory[MeteringWork]
    clock: Clock

    async def __call__(self, actor: Actor, query: UsageQuery) -> Sequence[MetricUsage]:
        """Return them by service, subscription and metric."""
        actor.require(Permission.ADMIN_USAGE, Permission.SUBSCRIPTIONS_READ)
        async with self.work.begin(actor, read_only=True) as work:
            if not await work.metered.existing_tenants([query.tenant_id]):
                raise NotFound.of("tenant", query.tenant_id)
        async with self.work.begin(_KEEPER, read_only=True) as work:
            services = await self._services(work, query.service)
            found = await work.metered.of_tenants([query.tenant_id], [each.id for each in services])
            plans = await work.plans.get_many(sorted({each.plan_id for each in found}))
            shown: list[MetricUsage] = []
            for service in (each for each in services if each.metrics):
                for subscription in found:
                    if subscription.service_id == service.id and subscription.plan_id in plans:
                        plan = plans[subscription.plan_id]
                        shown += await self._usage(work, query, subscription, service, plan)
            return shown

    @staticmethod
    async def _services(work: MeteringWork, slug: str | None) -> Sequence[Service]:
        return await work.services.all() if slug is None else [await work.services.by_slug(slug)]

    async def _usage(
        self, work: MeteringWork, query: UsageQuery, subscription: MeteredSubscription, service: Service, plan: Plan
    ) -> Sequence[MetricUsage]:
        now = self.clock.now()
        today = subscription.day_of(now)
        points = await series(work, query.by, query.span(today), subscription, service)
        ended = subscription.ended_at is not None and subscription.ended_at <= now
        if ended and not points:
            return ()
        start, end = subscription.running(today)
        used = await used_within(
            work.usage_rollups, subscription, service, Period(start, end or today + timedelta(days=1))
        )
        reached = await work.usage_thresholds.reached([subscription.id], start)
        standing = _Standing(subscription, service, plan, start, end, today, reached)
        return [
            standing.of(metric, used.get(metric.slug, Decimal(0)), points.get(metric.slug, ()))
            for metric in service.metrics
        ]


@frozen
class _Standing:
    subscription: MeteredSubscription
    service: Service
    plan: Plan
    start: date
    end: date | None
    today: date
    reached: Sequence[UsageThreshold]

    def of(self, metric: Metric, used: Decimal, points: Sequence[Point]) -> MetricUsage:
        return MetricUsage(
            subscription_id=self.subscription.id,
            service=self.service.slug,
            plan_key=self.plan.plan_key,
            metric=metric.slug,
            unit=metric.unit,
            aggregation=metric.aggregation,
            period_start=self.start,
            period_end=self.end,
            quota=quota_of(self.plan.terms.quotas, metric.slug),
            used=used,
            projected=projected(metric.aggregation, used, self.start, self.end, self.today),
            reached=[
                Reached(each.key.percent, each.reached_at)
                for each in self.reached
                if (each.key.metric, each.key.period_start) == (metric.slug, self.start)
            ],
            points=points,
        )

"""Customers whose period is over, and what they used in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.service import Metric, Service, ServiceTerms
from scaicontrol_core.catalog.usage_pricing import UsageTier
from scaicontrol_core.kernel.ids import PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.metering import UsageEvent
from scaicontrol_core.subscriptions.subscription import Subscription
from tests.bench.world import ACTOR, ZONE, World

#: Long enough ago that its first month is over, and the time for late events too; the second one runs.
_SINCE = timedelta(days=45)
_DAYS = 28
_CHUNK = 500
_AT_ONCE = 5_000
TIERS = (
    UsageTier(metric="api_calls", tier_end=10_000, unit_price_cents=Decimal(0)),
    UsageTier(metric="api_calls", tier_start=10_000, tier_end=20_000, unit_price_cents=Decimal(3), unit_divisor=10),
    UsageTier(metric="api_calls", tier_start=20_000, unit_price_cents=Decimal("0.125")),
)


async def add_metered(world: World, tenants: Sequence[TenantId]) -> list[Subscription]:
    """Put each customer on a metered monthly plan, 45 days ago."""
    now, since = world.clock.now(), world.today() - _SINCE
    metrics = (Metric(slug="api_calls"), Metric(slug="errors"))
    terms = ServiceTerms(app_id="metered", name="Metered", metrics=metrics)
    service = Service.create(ServiceId(world.ids.new("svc")), "metered", terms, now)
    offer = PlanTerms(
        name="Pro",
        tier="pro",
        billing_period=Cadence.MONTHLY,
        base_price_cents=900,
        currency="EUR",
        usage_pricing=TIERS,
    )
    plan = Plan.create(PlanId(world.ids.new("pln")), (service.id, service.slug), "pro", offer, now - _SINCE)
    async with world.work.begin(ACTOR) as work:
        await work.services.add(service)
        await work.plans.add(plan)
        await work.commit()
    made: list[Subscription] = []
    for start in range(0, len(tenants), _CHUNK):
        async with world.work.begin(ACTOR) as work:
            for tenant_id in tenants[start : start + _CHUNK]:
                subscription = Subscription(
                    id=SubscriptionId(world.ids.new("sub")),
                    partner_id=world.operator.id,
                    tenant_id=tenant_id,
                    service_id=service.id,
                    plan_id=plan.id,
                    plan_key=plan.plan_key,
                    starts_on=since,
                    created_at=now - _SINCE,
                )
                subscription.activate(plan, now - _SINCE, ZONE, trial=False)
                await work.subscriptions.add(subscription)
                made.append(subscription)
            await work.commit()
    return made


async def add_events(world: World, subscriptions: Sequence[Subscription], each: int) -> None:
    """Store as many events for each customer, all of its first month, not summed up yet."""
    waiting: list[UsageEvent] = []
    for subscription in subscriptions:
        async with world.work.begin(ACTOR) as work:
            await work.usage_closings.hold([subscription])
            await work.commit()
        waiting += events_of(world, subscription, each)
        if len(waiting) >= _AT_ONCE or subscription is subscriptions[-1]:
            async with world.work.begin(ACTOR) as work:
                await work.usage_events.add(waiting)
                await work.commit()
            waiting = []


def events_of(world: World, subscription: Subscription, count: int) -> Iterator[UsageEvent]:
    """Yield what one customer used: twice as many calls as errors, spread over four weeks."""
    now = world.clock.now()
    first = datetime.combine(subscription.starts_on, time(12), UTC)
    for number in range(count):
        at = first + timedelta(days=number % _DAYS, seconds=number)
        yield UsageEvent(
            service_id=subscription.service_id,
            idempotency_key=f"{subscription.id}-{number}",
            partner_id=subscription.partner_id,
            tenant_id=subscription.tenant_id,
            subscription_id=subscription.id,
            metric="errors" if number % 3 == 0 else "api_calls",
            quantity=Decimal(number % 60),
            occurred_at=at,
            usage_day=at.date(),
            received_at=now,
            content_hash=f"{number:064x}",
        )

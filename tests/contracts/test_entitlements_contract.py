"""What a tenant may use, out of every backend; and who hears of a commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.entitlements import Entitlement
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.entitlements.use_cases.list_entitlements import ListEntitlements
from scaicontrol_core.kernel.cache import MemoryCache
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PartnerId, PlanId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage
from scaicontrol_core.subscriptions import BillingSchedule, Subscription, SubscriptionStatus
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("tests")
RESELLER, THEIRS = PartnerId("prt_reseller"), TenantId("tnt_theirs")
METRICS = (Metric(slug="api_calls", unit="call"), Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT))


def _subscribed(name: str, status: SubscriptionStatus, tenant_id: TenantId, partner_id: PartnerId) -> Subscription:
    return Subscription(
        id=SubscriptionId(f"sub_{name}"),
        partner_id=partner_id,
        tenant_id=tenant_id,
        service_id=SERVICE_ID,
        plan_id=PlanId(builders.PLAN_ID),
        plan_key="scaikey.pro",
        starts_on=DEFAULT_START.date(),
        created_at=DEFAULT_START,
        status=status,
        exclusive=False,
        schedule=BillingSchedule(DEFAULT_START.date(), Cadence.MONTHLY),
    )


@pytest.fixture
async def shop(work_factory: Any) -> Any:
    """Two customers; ours has a subscription of every status."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(RESELLER, operator=False, invoice_number_prefix="RES"))
        await work.tenants.add(builders.new_tenant())
        await work.tenants.add(builders.new_tenant(THEIRS, RESELLER))
        await work.services.add(builders.new_service(metrics=METRICS, allows_multiple=True))
        await work.plans.add(builders.new_plan(quotas={"api_calls": 10, "seats": 3}))
        for status in SubscriptionStatus:
            await work.subscriptions.add(_subscribed(status.value, status, TENANT_ID, OPERATOR_ID))
        await work.subscriptions.add(_subscribed("theirs", SubscriptionStatus.ACTIVE, THEIRS, RESELLER))
        await work.commit()
    return work_factory


async def entitlements(work: Any, tenant_id: TenantId = TENANT_ID) -> Sequence[Entitlement]:
    """Read them past every cache."""
    clock = FixedClock()
    found = await ListEntitlements(work, KeptEntitlements(MemoryCache(clock), clock, 0))(PLATFORM, tenant_id)
    return found.entitlements


async def test_live_subscriptions_of_one_tenant(shop: Any) -> None:
    live = ["sub_active", "sub_cancelling", "sub_past_due", "sub_pending", "sub_suspended", "sub_trialing"]
    async with shop.begin(PLATFORM, read_only=True) as work:
        assert [each.id for each in await work.subscriptions.live_of(TENANT_ID)] == live
        assert [each.id for each in await work.subscriptions.live_of(THEIRS)] == ["sub_theirs"]
    async with shop.begin(Actor.partner_admin("rita", RESELLER), read_only=True) as work:
        assert await work.subscriptions.live_of(TENANT_ID) == []


async def test_those_that_serve_come_first(shop: Any) -> None:
    (found,) = await entitlements(shop)
    assert [each.subscription_id.removeprefix("sub_") for each in found.subscriptions] == [
        "active", "cancelling", "past_due", "trialing", "pending", "suspended",
    ]  # fmt: skip


async def test_each_subscription_has_its_own_usage_and_thresholds(shop: Any) -> None:
    ingest = IngestUsage(work=shop, clock=FixedClock(), retry=Backoff())
    for key, quantity in (("active", "8.000000001"), ("suspended", "-1.5")):
        event = {"idempotency_key": key, "tenant_id": TENANT_ID, "metric": "api_calls", "quantity": quantity}
        at = {"occurred_at": "2026-01-15T09:00:00Z", "subscription_id": f"sub_{key}", "correction": True}
        (outcome,) = await ingest(PLATFORM, UsageBatch(reports=[read_report(event | at)]))
        assert outcome.reason is None
    await WatchUsage(work=shop, clock=FixedClock())(PLATFORM)
    (found,) = await entitlements(shop)
    calls = {each.subscription_id: each.metrics[0] for each in found.subscriptions}
    shown = {key.removeprefix("sub_"): (str(each.used), str(each.remaining)) for key, each in calls.items()}
    assert shown["active"] == ("8.000000001", "1.999999999")
    assert shown["suspended"] == ("-1.5", "11.5")
    assert shown["trialing"] == ("0", "10")
    assert [key for key, each in calls.items() if each.reached == (80,)] == ["sub_active"]
    (theirs,) = await entitlements(shop, THEIRS)
    assert theirs.subscriptions[0].metrics[0].used == 0


async def test_who_listens_hears_of_what_was_committed_and_of_nothing_else(shop: Any) -> None:
    heard: list[str] = []

    async def listen(events: Sequence[Event]) -> None:
        heard.extend(f"{event.action} {event.tenant_id}" for event in events)

    listening = _listening(shop, listen)
    plan = builders.new_plan()
    async with listening.begin(PLATFORM) as work:
        subscription = await work.subscriptions.get(SubscriptionId("sub_active"))
        subscription.suspend(plan, DEFAULT_START.date())
        await work.subscriptions.save(subscription)
        assert heard == []
    assert heard == []  # it was never committed
    async with listening.begin(PLATFORM) as work:
        subscription = await work.subscriptions.get(SubscriptionId("sub_active"))
        subscription.suspend(plan, DEFAULT_START.date())
        await work.subscriptions.save(subscription)
        await work.commit()
    assert heard == [f"subscription.suspended {TENANT_ID}"]
    async with listening.begin(PLATFORM) as work:
        await work.commit()
    assert len(heard) == 1


def _listening(factory: Any, listener: Any) -> Any:
    if isinstance(factory, MemoryUnitOfWorkFactory):
        factory.committed = listener
        return factory
    return SqlUnitOfWorkFactory(factory.database, factory._clock, factory._ids, committed=listener)

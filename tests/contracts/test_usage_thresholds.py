"""A threshold is reached once, on every backend: however many report, however many look, and whatever crashes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, evolve

from scaicontrol_adapters.sql.retry import Backoff, retried
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.service import Metric
from scaicontrol_core.kernel.errors import OutOfScope, Retryable
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.threshold import ThresholdKey, UsageThreshold
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.watch_usage import Watched, WatchUsage
from scaicontrol_core.testing import FixedClock, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.faults import FaultyWork, Killed

PLATFORM = Actor.system("usage")
RESELLER, THEIRS = PartnerId("prt_reseller"), TenantId("tnt_theirs")
START = date(2026, 1, 1)


OURS, THEIRS_TOO = (
    builders.running_subscription("ours", TENANT_ID, OPERATOR_ID),
    builders.running_subscription("theirs", THEIRS, RESELLER),
)


@define
class Meter:
    """A backend with two customers who have a hundred calls a month."""

    work: Any

    async def report(self, *quantities: int, key: str = "k", day: int = 10) -> None:
        """Report a call event for each quantity, in turn of the two customers."""
        reports = [
            read_report(
                {
                    "idempotency_key": f"{key}-{place}",
                    "tenant_id": THEIRS if place % 2 else TENANT_ID,
                    "metric": "api_calls",
                    "quantity": quantity,
                    "correction": quantity < 0,
                    "occurred_at": f"2026-01-{day:02}T12:00:00+01:00",
                }
            )
            for place, quantity in enumerate(quantities)
        ]
        ingest = IngestUsage(work=self.work, clock=FixedClock(), retry=Backoff(attempts=20))
        outcomes = await ingest(PLATFORM, UsageBatch(reports=reports))
        assert all(each.reason is None for each in outcomes)

    async def watch(self, work: Any = None) -> Watched:
        """Look once, as a job does."""
        watch = retried(WatchUsage(work=work or self.work, clock=FixedClock()), Backoff(attempts=20))
        found: Watched = await watch(PLATFORM)
        return found

    async def reached(self, actor: Actor = PLATFORM) -> Sequence[UsageThreshold]:
        """Return what was reached by both."""
        async with self.work.begin(actor, read_only=True) as work:
            found: Sequence[UsageThreshold] = await work.usage_thresholds.reached([OURS.id, THEIRS_TOO.id], START)
            return found


@pytest.fixture
async def meter(work_factory: Any) -> Meter:
    """The operator's customer and a reseller's, both on a plan with a quota."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(RESELLER, operator=False, invoice_number_prefix="RES"))
        await work.tenants.add(builders.new_tenant())
        await work.tenants.add(builders.new_tenant(THEIRS, RESELLER))
        await work.services.add(builders.new_service(metrics=(Metric(slug="api_calls"),)))
        await work.plans.add(builders.new_plan(quotas={"api_calls": 100}))
        for subscription in (OURS, THEIRS_TOO):
            await work.subscriptions.add(subscription)
        await work.commit()
    return Meter(work_factory)


async def test_what_is_reached_is_kept_as_it_was(meter: Meter) -> None:
    await meter.report(90, 120)
    assert await meter.watch() == Watched(2, 3)
    found = await meter.reached()
    assert [(each.key, each.quota, each.used, each.reached_at) for each in found] == [
        (ThresholdKey(OURS.id, "api_calls", START, 80), 100, Decimal(90), DEFAULT_START),
        (ThresholdKey(THEIRS_TOO.id, "api_calls", START, 80), 100, Decimal(120), DEFAULT_START),
        (ThresholdKey(THEIRS_TOO.id, "api_calls", START, 100), 100, Decimal(120), DEFAULT_START),
    ]
    assert [each.partner_id for each in await meter.reached(Actor.partner_admin("rita", RESELLER))] == [RESELLER] * 2
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        assert await work.usage_thresholds.reached([OURS.id], START + timedelta(days=1)) == []
        assert await work.usage_thresholds.reached([], START) == []


async def test_nothing_is_looked_at_twice(meter: Meter) -> None:
    await meter.report(50)
    await meter.report(50, key="l")
    assert await meter.watch() == Watched(1, 2)
    assert await meter.watch() == Watched(0, 0)


async def test_many_batches_and_many_watchers_at_once_reach_each_threshold_once(meter: Meter) -> None:
    """No batch alone reaches anything: together they do, on several days, and nobody misses it."""
    batches = [meter.report(7, 7, key=f"k{number}", day=1 + number % 14) for number in range(16)]
    watchers = [meter.watch() for _ in range(6)]
    together = [each for pair in zip(batches, [*watchers, *([None] * 10)], strict=True) for each in pair if each]
    await asyncio.gather(*together)
    await meter.watch()
    found = [(each.key.subscription_id, each.key.percent) for each in await meter.reached()]
    assert found == [(OURS.id, 80), (OURS.id, 100), (THEIRS_TOO.id, 80), (THEIRS_TOO.id, 100)]


async def test_the_same_threshold_twice_at_once_is_tried_again(meter: Meter) -> None:
    await meter.report(90)
    await meter.watch()
    (first,) = await meter.reached()
    async with meter.work.begin(PLATFORM) as work:
        with pytest.raises(Retryable):
            await work.usage_thresholds.add([first])


async def test_a_watcher_that_crashes_loses_nothing(meter: Meter) -> None:
    await meter.report(90, 120)
    with pytest.raises(Killed):
        await meter.watch(FaultyWork(meter.work, kill_before=1))
    assert await meter.reached() == []
    assert await meter.watch() == Watched(2, 3)


async def test_usage_that_comes_while_somebody_looks_is_noted_again(meter: Meter) -> None:
    await meter.report(50)
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        notes = await work.usage_thresholds.noted(limit=10)
    async with meter.work.begin(PLATFORM) as work:
        await work.usage_thresholds.take(notes)
        await work.commit()
    await meter.report(0, key="l")
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        assert await work.usage_thresholds.noted(limit=10) == notes


async def test_the_oldest_notes_come_first(meter: Meter) -> None:
    await meter.report(1, 1, key="a", day=11)
    await meter.report(1, 1, key="b", day=5)
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        notes = await work.usage_thresholds.noted(limit=3)
    assert [(each.subscription_id, each.day.day) for each in notes] == [(OURS.id, 5), (OURS.id, 11), (THEIRS_TOO.id, 5)]


async def test_another_partners_thresholds_are_out_of_reach(meter: Meter) -> None:
    await meter.report(90)
    await meter.watch()
    (ours,) = await meter.reached()
    other = UsageThreshold(
        key=evolve(ours.key, percent=100),
        tenant_id=ours.tenant_id,
        partner_id=ours.partner_id,
        quota=1,
        used=Decimal(1),
        reached_at=DEFAULT_START,
    )
    async with meter.work.begin(Actor.partner_admin("rita", RESELLER)) as work:
        with pytest.raises(OutOfScope):
            await work.usage_thresholds.add([other])

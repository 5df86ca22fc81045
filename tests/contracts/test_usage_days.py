"""A metric's day is told once, on every backend: however many tell, whatever comes late, and whatever crashes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import define

from scaicontrol_adapters.sql.retry import Backoff, retried
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.delivery.outbox_ports import FeedFilter
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.kernel.errors import OutOfScope, Retryable
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.metering.daily import DayKey, DueDay, ToldDay
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.tell_daily_usage import DailyTold, TellDailyUsage
from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.faults import FaultyWork, Killed

PLATFORM = Actor.system("usage")
RESELLER, THEIRS = PartnerId("prt_reseller"), TenantId("tnt_theirs")
START = date(2026, 1, 1)
METRICS = (Metric(slug="api_calls"), Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT))


OURS, THEIRS_TOO = (
    builders.running_subscription("ours", TENANT_ID, OPERATOR_ID),
    builders.running_subscription("theirs", THEIRS, RESELLER),
)
BOTH = (OURS.id, THEIRS_TOO.id)


@define
class Meter:
    """A backend with two customers whose calls and users are counted; it is 15 January, half past ten."""

    work: Any

    async def report(self, *quantities: int, key: str = "k", day: int = 10) -> None:
        """Report a call, and a user, for each quantity, in turn of the two customers."""
        reports = [
            read_report(
                {
                    "idempotency_key": f"{key}-{metric}-{place}",
                    "tenant_id": THEIRS if place % 2 else TENANT_ID,
                    "metric": metric,
                    "quantity": quantity,
                    "occurred_at": f"2026-01-{day:02}T12:00:00+01:00",
                    "properties": {"id": key},
                }
            )
            for place, quantity in enumerate(quantities)
            for metric in ("api_calls", "users")
        ]
        ingest = IngestUsage(work=self.work, clock=FixedClock(), retry=Backoff(attempts=20))
        outcomes = await ingest(PLATFORM, UsageBatch(reports=reports))
        assert all(each.reason is None for each in outcomes)
        await retried(WatchUsage(work=self.work, clock=FixedClock()), Backoff(attempts=20))(PLATFORM)

    async def tell(self, work: Any = None) -> DailyTold:
        """Tell once, as a job does."""
        tell = retried(TellDailyUsage(work=work or self.work, clock=FixedClock()), Backoff(attempts=20))
        done: DailyTold = await tell(PLATFORM)
        return done

    async def told(self, actor: Actor = PLATFORM, since: date = START) -> Collection[DayKey]:
        """Return what was told of both."""
        async with self.work.begin(actor, read_only=True) as work:
            found: Collection[DayKey] = await work.usage_days.told(BOTH, since)
            return found

    async def heard(self) -> list[dict[str, Any]]:
        """Return the events that told of days, as they stand in the feed."""
        while (await FanOutEvents(work=self.work, clock=FixedClock(), ids=SequentialIds())(PLATFORM)).more:
            pass
        async with self.work.begin(PLATFORM, read_only=True) as work:
            items = await work.outbox.feed(0, 1000, FeedFilter(topics=("usage.daily.v1",)))
        return [json.loads(each.body) for each in items]


@pytest.fixture
async def meter(work_factory: Any) -> Meter:
    """The operator's customer and a reseller's."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(RESELLER, operator=False, invoice_number_prefix="RES"))
        await work.tenants.add(builders.new_tenant())
        await work.tenants.add(builders.new_tenant(THEIRS, RESELLER))
        await work.services.add(builders.new_service(metrics=METRICS))
        await work.plans.add(builders.new_plan(quotas={"api_calls": 100}))
        for subscription in (OURS, THEIRS_TOO):
            await work.subscriptions.add(subscription)
        await work.commit()
    return Meter(work_factory)


async def test_what_is_told_adds_up_on_the_day_and_in_the_period(meter: Meter) -> None:
    await meter.report(3, 90, key="a", day=9)
    await meter.report(4, 20, key="b", day=10)
    assert (await meter.tell()).told == 12  # two metrics of two customers, on the 9th, 10th and 11th
    heard = [each["data"] for each in await meter.heard() if each["tenant_id"] == THEIRS]
    assert [
        (each["day"], each["metric"], each["quantity"], each["period_quantity"], each["quota_used_bp"])
        for each in heard
    ] == [
        ("2026-01-09", "api_calls", "90", "90", 9000),
        ("2026-01-09", "users", "1", "1", None),
        ("2026-01-10", "api_calls", "20", "110", 11000),
        ("2026-01-10", "users", "1", "2", None),
        ("2026-01-11", "api_calls", "0", "110", 11000),
        ("2026-01-11", "users", "0", "2", None),
    ]
    assert len(await meter.told()) == 12
    assert len(await meter.told(Actor.partner_admin("rita", RESELLER))) == 6
    assert {each.day.day for each in await meter.told(since=date(2026, 1, 10))} == {10, 11}
    assert (await meter.tell()).told == 0


async def test_the_list_says_what_is_due_and_what_comes_next(meter: Meter) -> None:
    await meter.report(1, 1)
    await meter.tell()
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        assert await work.usage_days.due(DEFAULT_START, limit=10) == []
        tomorrow = DEFAULT_START + timedelta(days=1)
        (first,) = await work.usage_days.due(tomorrow, limit=1)
        assert len(await work.usage_days.due(tomorrow, limit=10)) == 2
    due_at = datetime(2026, 1, 15, 23, tzinfo=UTC)
    assert first == DueDay(OURS.id, date(2026, 1, 12), due_at, TENANT_ID, OPERATOR_ID)


async def test_many_who_report_and_many_who_tell_at_once_tell_each_day_once(meter: Meter) -> None:
    reports = [meter.report(7, 7, key=f"k{number}", day=1 + number % 9) for number in range(12)]
    tellers = [meter.tell() for _ in range(4)]
    await asyncio.gather(
        *(each for pair in zip(reports, [*tellers, *([None] * 8)], strict=True) for each in pair if each)
    )
    await meter.tell()
    heard = Counter((each["tenant_id"], each["data"]["metric"], each["data"]["day"]) for each in await meter.heard())
    assert set(heard.values()) == {1}
    assert len(heard) == 2 * 2 * 11
    assert len(await meter.told()) == 2 * 2 * 11


async def test_the_same_day_twice_at_once_is_tried_again(meter: Meter) -> None:
    await meter.report(1)
    await meter.tell()
    key = DayKey(OURS.id, "api_calls", date(2026, 1, 10))
    assert key in await meter.told()
    again = ToldDay(key=key, tenant_id=TENANT_ID, partner_id=OPERATOR_ID, told_at=DEFAULT_START)
    async with meter.work.begin(PLATFORM) as work:
        with pytest.raises(Retryable):
            await work.usage_days.add([again])


async def test_a_teller_that_crashes_loses_nothing(meter: Meter) -> None:
    await meter.report(9, 12)
    with pytest.raises(Killed):
        await meter.tell(FaultyWork(meter.work, kill_before=1))
    assert await meter.told() == set()
    with pytest.raises(Killed):
        await meter.tell(FaultyWork(meter.work, kill_after=1))
    assert len(await meter.told()) == 8
    assert (await meter.tell()).told == 0


async def test_a_day_put_on_the_list_while_somebody_tells_stays_there(meter: Meter) -> None:
    await meter.report(1)
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        due = await work.usage_days.due(DEFAULT_START, limit=10)
    async with meter.work.begin(PLATFORM) as work:
        await work.usage_days.take(due)
        await work.commit()
    await meter.report(1, key="l")
    async with meter.work.begin(PLATFORM, read_only=True) as work:
        assert await work.usage_days.due(DEFAULT_START, limit=10) == due


async def test_another_partners_days_are_out_of_reach(meter: Meter) -> None:
    day = DueDay(OURS.id, START, DEFAULT_START, TENANT_ID, OPERATOR_ID)
    told = ToldDay(
        key=DayKey(OURS.id, "api_calls", START), tenant_id=TENANT_ID, partner_id=OPERATOR_ID, told_at=DEFAULT_START
    )
    async with meter.work.begin(Actor.partner_admin("rita", RESELLER)) as work:
        with pytest.raises(OutOfScope):
            await work.usage_days.schedule([day])
        with pytest.raises(OutOfScope):
            await work.usage_days.add([told])

"""Roll-ups: what comes in bit by bit adds up to what every event says, on every backend."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.errors import OutOfScope
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, SubscriptionId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.metering import UsageEvent
from scaicontrol_core.metering.metric import value_hash
from scaicontrol_core.metering.rollup import by_day, by_hour
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

PLATFORM = Actor.system("usage")
START = datetime(2026, 1, 10, tzinfo=UTC)
ONE, OTHER = SubscriptionId("sub_one"), SubscriptionId("sub_other")
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))


def reported(number: int, **fields: Any) -> UsageEvent:
    """Return one event of a stream over some days, with corrections, two rates, and three users."""
    occurred_at = START + timedelta(minutes=311 * (number * 7919 % 101))
    usual = {
        "service_id": ServiceId("svc_1"),
        "idempotency_key": f"k-{number:04d}",
        "partner_id": OPERATOR_ID,
        "tenant_id": TENANT_ID,
        "subscription_id": ONE if number % 3 else OTHER,
        "metric": "users" if number % 2 else "calls",
        "quantity": Decimal(number % 13 - 4) + Decimal("0.000000001"),
        "occurred_at": occurred_at,
        "usage_day": occurred_at.date(),
        "received_at": occurred_at,
        "content_hash": f"{number:064d}",
        "billable_rate": Decimal("0.125") if number % 5 == 0 else None,
        "unique_value": value_hash(number % 7) if number % 2 else None,
    }
    return UsageEvent(**(usual | fields))


@pytest.fixture
async def work(work_factory: Any) -> Any:
    """A customer."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.commit()
    return work_factory


async def keep(work: Any, events: Sequence[UsageEvent]) -> None:
    """Add events in one transaction, as ingestion does."""
    held = {event.subscription_id: event for event in events}
    async with work.begin(PLATFORM) as begun:
        await begun.usage_closings.hold([_Owned(each) for _, each in sorted(held.items())])
        await begun.usage_rollups.add(events)
        await begun.commit()


class _Owned:
    def __init__(self, event: UsageEvent) -> None:
        self.id, self.tenant_id, self.partner_id = event.subscription_id, event.tenant_id, event.partner_id


async def test_what_comes_bit_by_bit_adds_up_to_what_every_event_says(work: Any) -> None:
    events = [reported(number) for number in range(120)]
    for start in range(0, 120, 17):
        await keep(work, events[start : start + 17])
    async with work.begin(PLATFORM, read_only=True) as read:
        days = await read.usage_rollups.daily([ONE, OTHER], JANUARY)
        hours = await read.usage_rollups.hourly([ONE, OTHER], START, START + timedelta(days=60))
        totals = await read.usage_rollups.totals([ONE, OTHER], Period(date(2026, 1, 11), date(2026, 1, 20)))
    assert {each.bucket: each for each in days} == {
        bucket: each for bucket, each in by_day(events).items() if bucket.at in JANUARY
    }
    assert {each.bucket: each for each in hours} == by_hour(events)
    within = [event for event in events if date(2026, 1, 11) <= event.usage_day < date(2026, 1, 20)]
    keys = {(event.subscription_id, event.metric, event.rate_key) for event in within}
    assert set(totals) == keys
    for key in keys:
        own = [event for event in within if (event.subscription_id, event.metric, event.rate_key) == key]
        every_rate = [event for event in within if (event.subscription_id, event.metric) == key[:2]]
        latest = max(own, key=lambda each: (each.occurred_at, each.idempotency_key))
        assert {each: Fraction(totals[key].quantity(each)) for each in Aggregation} == {
            Aggregation.SUM: sum((Fraction(each.quantity) for each in own), Fraction(0)),
            Aggregation.COUNT: len(own),
            Aggregation.MAX: Fraction(max(each.quantity for each in own)),
            Aggregation.LAST: Fraction(latest.quantity),
            Aggregation.UNIQUE_COUNT: len({each.unique_value for each in every_rate} - {None}),
        }


async def test_batches_at_once_lose_nothing(work: Any) -> None:
    events = [reported(number, occurred_at=START, usage_day=START.date()) for number in range(160)]

    async def bring(part: Sequence[UsageEvent]) -> None:
        await Backoff(attempts=30)(lambda: keep(work, part))

    await asyncio.gather(*(bring(events[start::8]) for start in range(8)))
    async with work.begin(PLATFORM, read_only=True) as read:
        days = await read.usage_rollups.daily([ONE, OTHER], JANUARY)
        seen = await read.usage_rollups.distinct([ONE, OTHER], JANUARY)
    assert {each.bucket: each for each in days} == by_day(events)
    assert seen == {(ONE, "users", START.date()): 7, (OTHER, "users", START.date()): 7}


async def test_sums_beyond_every_quantity_stay_exact(work: Any) -> None:
    most = Decimal("999999999999999999.999999999")
    events = [reported(number, subscription_id=ONE, metric="calls", quantity=most) for number in range(2, 40, 6)]
    await keep(work, events)
    await keep(work, [evolve(event, idempotency_key=f"again-{event.idempotency_key}") for event in events])
    async with work.begin(PLATFORM, read_only=True) as read:
        totals = await read.usage_rollups.totals([ONE], Period(date(2026, 1, 1), date(2027, 1, 1)))
    assert sum(Fraction(each.rollup.quantity_sum) for each in totals.values()) == 2 * len(events) * Fraction(most)


async def test_a_subscriptions_roll_ups_can_be_made_anew(work: Any) -> None:
    events = [reported(number) for number in range(60)]
    await keep(work, events)
    async with work.begin(PLATFORM) as begun:
        await begun.usage_rollups.clear(ONE)
        await begun.commit()
    async with work.begin(PLATFORM, read_only=True) as read:
        assert {each.bucket.subscription_id for each in await read.usage_rollups.daily([ONE, OTHER], JANUARY)} == {
            OTHER
        }
        assert {key[0] for key in await read.usage_rollups.distinct([ONE, OTHER], JANUARY)} == {OTHER}


async def test_another_ones_usage_is_neither_seen_nor_written(work: Any) -> None:
    await keep(work, [reported(number) for number in range(10)])
    stranger = Actor.partner_admin("rita", PartnerId("prt_reseller"))
    async with work.begin(stranger, read_only=True) as read:
        assert not await read.usage_rollups.daily([ONE, OTHER], JANUARY)
        assert not await read.usage_rollups.totals([ONE, OTHER], JANUARY)
    async with work.begin(stranger) as begun:
        with pytest.raises(OutOfScope):
            await begun.usage_rollups.add([reported(1)])

"""Days of usage as arithmetic: whatever crashes or comes late, each is told once, and the days make up their period."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.tell_daily_usage import TellDailyUsage
from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.faults import FaultyWork, Killed

METRICS = (
    Metric(slug="calls"),
    Metric(slug="jobs", aggregation=Aggregation.COUNT),
    Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT),
)


@frozen
class Reported:
    """Usage of some hour, in hundredths; it comes in when its turn comes."""

    hour: int
    metric: str
    quantity: int
    user: int


@frozen
class Turn:
    """Somebody looks or tells some hours later, and dies at a commit: before it, after it, or not at all."""

    hours: int
    tells: bool
    dies: str | None


REPORTS = st.builds(
    Reported,
    hour=st.integers(0, 24 * 40),
    metric=st.sampled_from([each.slug for each in METRICS]),
    quantity=st.integers(0, 999),
    user=st.integers(1, 3),
)
TURNS = st.builds(
    Turn, hours=st.integers(0, 24 * 6), tells=st.booleans(), dies=st.sampled_from([None, "before", "after"])
)
STORIES = st.lists(st.one_of(REPORTS, TURNS), max_size=20)


async def opened() -> MemoryWorld:
    """A customer who subscribed on 15 January 2026, long before the story begins."""
    world = MemoryWorld()
    await world.keep(
        builders.new_partner(), builders.new_tenant(), builders.new_profile(), builders.new_service(metrics=METRICS)
    )
    await world.keep(builders.new_plan())
    await world.use(CreateSubscription)(world.platform, NewSubscription(TENANT_ID, "scaikey.pro"))
    world.clock.advance(days=42)
    return world


async def report(world: MemoryWorld, number: int, said: Reported) -> None:
    """Report usage; a history may move in at any time."""
    written = {
        "idempotency_key": f"k-{number}",
        "tenant_id": TENANT_ID,
        "metric": said.metric,
        "quantity": str(Decimal(said.quantity).scaleb(-2)),
        "occurred_at": rfc3339(DEFAULT_START + timedelta(hours=said.hour)),
        "properties": {"id": said.user},
    }
    batch = UsageBatch(reports=[read_report(written)], backfill=True)
    (outcome,) = await world.use(IngestUsage)(world.platform, batch)
    assert outcome.reason is None


async def take_turn(world: MemoryWorld, turn: Turn) -> None:
    """Do what a job does, or a part of it."""
    world.clock.advance(hours=turn.hours)
    before, after = (1 if turn.dies == name else None for name in ("before", "after"))
    work = FaultyWork(world.work, kill_before=before, kill_after=after)
    case: Any = world.use(TellDailyUsage if turn.tells else WatchUsage, work=work)
    try:
        await case(world.platform)
    except Killed:
        return


async def finish(world: MemoryWorld) -> None:
    """Let the jobs do all that is left."""
    while not (await world.use(WatchUsage)(world.platform)).is_done:
        pass
    while not (await world.use(TellDailyUsage)(world.platform)).is_done:
        pass


def used(world: MemoryWorld, metric: str, days: tuple[str, str], as_of: datetime | None = None) -> Decimal:
    """Return what a metric naïvely came to from a day up to and with another, as it was known at an instant."""
    own = [
        each
        for _, each in world.store.tables.get("usage_events", {}).values()
        if each.metric == metric
        and date.fromisoformat(days[0]) <= each.usage_day <= date.fromisoformat(days[1])
        and (as_of is None or each.received_at <= as_of)
    ]
    match metric:
        case "calls":
            return sum((each.quantity for each in own), Decimal(0))
        case "jobs":
            return Decimal(len(own))
        case _:
            return Decimal(len({each.unique_value for each in own}))


@given(STORIES)
def test_whatever_happens_each_day_is_told_once_and_days_make_up_their_period(story: list[Reported | Turn]) -> None:
    async def live() -> None:
        world = await opened()
        for number, each in enumerate(story):
            world.clock.advance(seconds=1)  # so that what is known at an instant can be told from what came after
            await (report(world, number, each) if isinstance(each, Reported) else take_turn(world, each))
        world.clock.advance(days=50)
        await finish(world)
        told: dict[tuple[str, str], dict[str, Any]] = {}
        for event in (each for each in world.store.outbox if each.topic == "usage.daily.v1"):
            data = event.data
            assert (data["metric"], data["day"]) not in told
            told[data["metric"], data["day"]] = data
            as_of = datetime.fromisoformat(data["as_of"])
            until = data["period_start"], data["day"]
            assert Decimal(data["quantity"]) == used(world, data["metric"], (data["day"], data["day"]), as_of)
            assert Decimal(data["period_quantity"]) == used(world, data["metric"], until, as_of)
        rollups = [each for _, each in world.store.tables.get("usage_rollups_daily", {}).values()]
        assert {(each.bucket.metric, each.bucket.at.isoformat()) for each in rollups} <= set(told)
        at_once: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for (metric, _), data in sorted(told.items()):
            if metric != "users":
                at_once[metric, data["period_start"]].append(data)
        for days in at_once.values():
            if len({each["as_of"] for each in days}) == 1:
                assert sum(Decimal(each["quantity"]) for each in days) == Decimal(days[-1]["period_quantity"])

    asyncio.run(live())

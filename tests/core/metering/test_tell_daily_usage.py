"""What was used each day, told once: after the day, after what comes late, and on idle days too."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.metering.use_cases import tell_daily_usage
from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage
from scaicontrol_core.metering.use_cases.tell_daily_usage import DailyTold, TellDailyUsage
from scaicontrol_core.metering.use_cases.watch_usage import WatchUsage
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.testing.builders import OPERATOR_ID, PLAN_ID, TENANT_ID

TOPIC = "usage.daily.v1"
OURS = Actor.tenant_user("tina", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)


@pytest.fixture
async def metered(meter: Any, subscription: Any) -> Any:
    """The customer has a hundred calls a month, since 15 January 2026."""
    async with meter.world.work.begin(meter.admin) as work:
        plan = await work.plans.get(PLAN_ID)
        plan.revise(evolve(plan.terms, quotas={"api_calls": 100}), meter.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    return meter


async def tell(meter: Any) -> int:
    """Look at what came in and tell what is due; return how many days were told."""
    while not (await meter.world.use(WatchUsage)(meter.admin)).is_done:
        pass
    told = 0
    while True:
        done: DailyTold = await meter.world.use(TellDailyUsage)(meter.admin)
        told += done.told
        if done.is_done:
            return told


def events(meter: Any) -> list[Any]:
    """Return the events that told of a day."""
    return [each for each in meter.world.store.outbox if each.topic == TOPIC]


def told(meter: Any, metric: str = "api_calls") -> list[tuple[str, str | None, str, int | None]]:
    """Return what was told of a metric: day, its quantity, that of the period so far, basis points of the quota."""
    return [
        (each["day"][5:], each["quantity"], each["period_quantity"], each["quota_used_bp"])
        for each in (event.data for event in events(meter))
        if each["metric"] == metric
    ]


async def test_a_day_is_told_once_it_is_over_and_its_late_usage_was_waited_for(metered: Any, called: Any) -> None:
    await metered.report(called(quantity="30.5"))
    metered.world.clock.set(metered.world.clock.now().replace(day=18, hour=22, minute=59))
    assert await tell(metered) == 0
    metered.world.clock.advance(minutes=1)  # midnight in Amsterdam and 72 hours
    assert await tell(metered) == 1
    assert await tell(metered) == 0
    (event,) = events(metered)
    assert event.data == {
        "subscription_id": event.aggregate_id,
        "service_id": "svc_1",
        "service": "scaikey",
        "plan_id": "pln_1",
        "plan_key": "scaikey.pro",
        "metric": "api_calls",
        "unit": None,
        "aggregation": "sum",
        "day": "2026-01-15",
        "quantity": "30.5",
        "period_quantity": "30.5",
        "quota": 100,
        "quota_used_bp": 3050,
        "period_start": "2026-01-15",
        "period_end": "2026-02-15",
        "as_of": "2026-01-18T23:00:00Z",
    }
    assert (event.tenant_id, event.partner_id, event.aggregate_type) == (TENANT_ID, OPERATOR_ID, "usage")
    assert event.idempotency_key == f"usage:{event.aggregate_id}:daily:api_calls:2026-01-15"


async def test_idle_days_are_told_until_the_period_ends_and_the_next_begins_with_its_first_use(
    metered: Any, called: Any
) -> None:
    metered.world.clock.advance(days=29)
    late = called("last", quantity="4", occurred_at="2026-02-12T12:00:00Z")
    await metered.report(called(quantity="30", occurred_at="2026-02-11T12:00:00Z"), late)
    metered.world.clock.advance(days=2)
    assert await tell(metered) == 1
    metered.world.clock.advance(days=13)  # 28 February
    assert await tell(metered) == 3
    await metered.report(called("march", quantity="7", occurred_at="2026-02-20T12:00:00Z"))
    assert await tell(metered) == 5
    assert told(metered)[:6] == [
        ("02-11", "30", "30", 3000),
        ("02-12", "4", "34", 3400),
        ("02-13", "0", "34", 3400),
        ("02-14", "0", "34", 3400),
        ("02-20", "7", "7", 700),
        ("02-21", "0", "7", 700),
    ]
    assert [each.sequence for each in events(metered)] == list(range(1, 10))


async def test_usage_that_comes_after_its_day_shows_in_the_period_from_then_on(metered: Any, called: Any) -> None:
    await metered.report(called("a", quantity="10"))
    metered.world.clock.advance(days=4)
    await tell(metered)
    late = called("b", quantity="5", metric="api_calls"), called("u", metric="users", properties={"user_id": 1})
    await metered.report(*late)
    assert await tell(metered) == 1  # the users of a day of which only calls were told
    metered.world.clock.advance(days=1)
    assert await tell(metered) == 2
    assert told(metered) == [("01-15", "10", "10", 1000), ("01-16", "0", "15", 1500)]
    assert told(metered, "users") == [("01-15", "1", "1", None), ("01-16", "0", "1", None)]


async def test_distinct_values_count_once_in_the_period(metered: Any, called: Any) -> None:
    metered.world.clock.advance(days=4)
    seen = {"15": (1, 2), "16": (2, 3), "18": (1,)}
    await metered.report(
        *(
            called(
                f"{day}-{user}", metric="users", properties={"user_id": user}, occurred_at=f"2026-01-{day}T12:00:00Z"
            )
            for day, users in seen.items()
            for user in users
        )
    )
    metered.world.clock.advance(days=3)
    await tell(metered)
    assert [each[:3] for each in told(metered, "users")] == [
        ("01-15", "2", "2"),
        ("01-16", "2", "3"),
        ("01-17", "0", "3"),
        ("01-18", "1", "3"),
    ]


async def test_a_greatest_and_a_latest_quantity_have_none_on_idle_days(metered: Any, called: Any) -> None:
    async with metered.world.work.begin(metered.admin) as work:
        service = await work.services.by_slug("scaikey")
        gauges = (Metric(slug="peak", aggregation=Aggregation.MAX), Metric(slug="stored", aggregation=Aggregation.LAST))
        service.revise(evolve(service.terms, metrics=(*service.metrics, *gauges)))
        await work.services.save(service)
        await work.commit()
    for metric in ("peak", "stored"):
        for key, quantity in (("1st", 9), ("2nd", 4)):
            await metered.report(called(f"{metric}-{key}", metric=metric, quantity=quantity))
    metered.world.clock.advance(days=5)
    await tell(metered)
    assert [each[:3] for each in told(metered, "peak")] == [("01-15", "9", "9"), ("01-16", None, "9")]
    assert [each[:3] for each in told(metered, "stored")] == [("01-15", "4", "4"), ("01-16", None, "4")]


async def test_nothing_is_told_of_days_after_the_end(metered: Any, subscription: Any, called: Any) -> None:
    await metered.report(called())
    metered.world.clock.advance(days=1)
    cancel = metered.world.use(CancelSubscription)
    await cancel(metered.admin, subscription.id, immediate=True)
    metered.world.clock.advance(days=40)
    assert await tell(metered) == 2
    assert [each[0] for each in told(metered)] == ["01-15", "01-16"]
    assert metered.world.store.tables["usage_due_days"] == {}


async def test_a_history_that_moves_in_is_told_in_order_a_part_at_a_time(
    metered: Any, called: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_daily_usage, "MOST", 7)
    metered.world.clock.advance(days=64)  # 20 March: 16 March is the first day still open
    days = ("2026-03-15", "2026-01-16", "2026-02-20")
    history = [called(day, quantity="1", occurred_at=f"{day}T12:00:00Z") for day in days]
    await metered.report(*history, actor=metered.admin, backfill=True)
    assert await tell(metered) == 30 + 23 + 2
    found = [each[0] for each in told(metered)]
    assert found == sorted(found)
    assert await tell(metered) == 0


async def test_summing_up_anew_tells_nothing_twice(metered: Any, called: Any) -> None:
    await metered.report(called())
    metered.world.clock.advance(days=6)
    assert await tell(metered) == 3
    await metered.world.use(RebuildUsage)(metered.admin)
    assert await tell(metered) == 0


async def test_a_seller_that_comes_to_wait_longer_is_waited_for(metered: Any, called: Any) -> None:
    await metered.report(called())
    await tell(metered)
    async with metered.world.work.begin(metered.admin) as work:
        partner = await work.partners.get(OPERATOR_ID)
        partner.configure(evolve(partner.configuration, usage_grace_hours=96), metered.world.clock.now())
        await work.partners.save(partner)
        await work.commit()
    metered.world.clock.set(metered.world.clock.now().replace(day=18, hour=23))
    assert await tell(metered) == 0
    metered.world.clock.advance(days=1)
    assert await tell(metered) == 1


@pytest.mark.parametrize("actor", [OURS, Actor.partner_admin("rita", OPERATOR_ID)])
async def test_only_the_platform_tells(metered: Any, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        await metered.world.use(TellDailyUsage)(actor)

"""Thresholds of quotas: each told once, whatever comes after, and only while it concerns anybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.metering.threshold import percents_reached
from scaicontrol_core.metering.use_cases.read_usage import ReadUsage, UsageQuery
from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage
from scaicontrol_core.metering.use_cases.watch_usage import SLICE, Watched, WatchUsage
from scaicontrol_core.testing.builders import OPERATOR_ID, PLAN_ID, TENANT_ID

OURS = Actor.tenant_user("tina", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
TOPIC = "usage.threshold_reached.v1"


@pytest.fixture
async def capped(meter: Any, subscription: Any) -> Any:
    """The customer's plan has a hundred calls and two users a month."""
    await _set_quotas(meter, api_calls=100, users=2)
    return meter


async def _set_quotas(meter: Any, **quotas: int) -> None:
    async with meter.world.work.begin(meter.admin) as work:
        plan = await work.plans.get(PLAN_ID)
        plan.revise(evolve(plan.terms, quotas=quotas), meter.world.clock.now())
        await work.plans.save(plan)
        await work.commit()


async def watch(meter: Any) -> int:
    """Look at everything that has come in; return how many thresholds were reached."""
    reached = 0
    while True:
        watched: Watched = await meter.world.use(WatchUsage)(meter.admin)
        reached += watched.reached
        if watched.is_done:
            return reached


def told(meter: Any) -> list[tuple[str, int, str]]:
    """Return what was told: metric, percentage and first day of the period."""
    data = [each.data for each in meter.world.store.outbox if each.topic == TOPIC]
    return [(each["metric"], each["percent"], each["period_start"]) for each in data]


async def test_four_fifths_and_the_whole_are_told_once_each(capped: Any, called: Any) -> None:
    seen = []
    for number, quantity in enumerate(["79.999999999", "0.000000001", "19", "1", "500"]):
        await capped.report(called(f"k-{number}", quantity=quantity))
        seen.append(await watch(capped))
    assert seen == [0, 1, 0, 1, 0]
    assert told(capped) == [("api_calls", 80, "2026-01-15"), ("api_calls", 100, "2026-01-15")]


async def test_one_leap_reaches_both(capped: Any, called: Any) -> None:
    await capped.report(called(quantity="250"))
    assert await watch(capped) == 2
    first = next(each for each in capped.world.store.outbox if each.topic == TOPIC)
    assert first.data == {
        "subscription_id": first.aggregate_id,
        "service_id": "svc_1",
        "service": "scaikey",
        "plan_id": "pln_1",
        "plan_key": "scaikey.pro",
        "metric": "api_calls",
        "unit": None,
        "aggregation": "sum",
        "percent": 80,
        "quota": 100,
        "used": "250",
        "period_start": "2026-01-15",
        "period_end": "2026-02-15",
        "reached_at": "2026-01-15T09:30:00Z",
    }
    assert (first.tenant_id, first.partner_id, first.aggregate_type) == (TENANT_ID, OPERATOR_ID, "usage")


async def test_corrections_below_and_above_again_tell_nothing_anew(capped: Any, called: Any) -> None:
    await capped.report(called("a", quantity="90"))
    assert await watch(capped) == 1
    await capped.report(called("b", quantity="-60", correction=True))
    assert await watch(capped) == 0
    await capped.report(called("c", quantity="60"))
    assert await watch(capped) == 0
    await capped.world.use(RebuildUsage)(capped.admin)
    assert await watch(capped) == 0
    assert told(capped) == [("api_calls", 80, "2026-01-15")]


async def test_what_is_corrected_before_anybody_looks_was_never_reached(capped: Any, called: Any) -> None:
    await capped.report(called("a", quantity="90"), called("b", quantity="-60", correction=True))
    assert await watch(capped) == 0


async def test_each_metric_by_its_own_aggregation(capped: Any, called: Any) -> None:
    users = [called(f"u-{each}", metric="users", properties={"user_id": each % 2}) for each in range(9)]
    await capped.report(*users)
    assert await watch(capped) == 2
    assert {each[0] for each in told(capped)} == {"users"}


async def test_the_next_period_begins_anew(capped: Any, called: Any) -> None:
    await capped.report(called("a", quantity="80"))
    await watch(capped)
    capped.world.clock.advance(days=31)
    late = called("late", quantity="20", occurred_at="2026-02-14T09:00:00+01:00")
    await capped.report(called("b", quantity="80", occurred_at="2026-02-15T09:00:00+01:00"), late)
    assert await watch(capped) == 2
    assert told(capped)[1:] == [("api_calls", 100, "2026-01-15"), ("api_calls", 80, "2026-02-15")]


async def test_no_quota_and_a_quota_of_nothing_are_unlimited(capped: Any, called: Any) -> None:
    await _set_quotas(capped, api_calls=0)
    users = called("u", metric="users", properties={"user_id": "1"})
    await capped.report(called(quantity="1000000"), users)
    assert await watch(capped) == 0


async def test_a_history_that_moves_in_warns_nobody(capped: Any, called: Any) -> None:
    capped.world.clock.advance(days=90)
    await capped.report(called(quantity="500"), actor=capped.admin, backfill=True)
    assert await watch(capped) == 2
    assert told(capped) == []
    assert await watch(capped) == 0


async def test_late_usage_is_told_of_while_it_is_waited_for(capped: Any, called: Any) -> None:
    capped.world.clock.advance(days=33)
    await capped.report(called(quantity="500", occurred_at="2026-02-10T12:00:00Z"))
    await watch(capped)
    assert [each[1] for each in told(capped)] == [80, 100]


async def test_more_than_one_slice(capped: Any, called: Any) -> None:
    days = SLICE // 20
    for month in range(20):
        events = [
            called(
                f"{month}-{day}", occurred_at=f"{2026 + (month + 1) // 12}-{(month + 1) % 12 + 1:02}-{day:02}T09:00:00Z"
            )
            for day in range(1, days + 2)
        ]
        capped.world.clock.set(capped.world.clock.now().replace(year=2028))
        await capped.report(*events, actor=capped.admin, backfill=True)
    look = capped.world.use(WatchUsage)
    watched = await look(capped.admin)
    assert (watched.notes, watched.is_done) == (SLICE, False)
    assert (await look(capped.admin)).notes == 20
    assert (await look(capped.admin)).notes == 0


async def test_what_was_reached_is_shown_beside_the_quota(capped: Any, called: Any) -> None:
    await capped.report(called(quantity="85"))
    await watch(capped)
    shown = await capped.world.use(ReadUsage)(OURS, UsageQuery(tenant_id=TENANT_ID))
    by_metric = {each.metric: [reached.percent for reached in each.reached] for each in shown}
    assert by_metric == {"api_calls": [80], "users": []}
    capped.world.clock.advance(days=31)
    after = await capped.world.use(ReadUsage)(OURS, UsageQuery(tenant_id=TENANT_ID))
    assert not any(each.reached for each in after)


async def test_only_the_operator_watches(meter: Any) -> None:
    for actor in (OURS, meter.service, Actor.partner_admin("rita", OPERATOR_ID)):
        with pytest.raises(Forbidden):
            await meter.world.use(WatchUsage)(actor)


@given(st.decimals(-(10**17), 10**17, places=9), st.integers(1, 10**15))
def test_a_threshold_is_reached_exactly_at_its_part(used: Decimal, quota: int) -> None:
    whole = int(used.scaleb(9))
    assert percents_reached(used, quota) == tuple(
        percent for percent in (80, 100) if whole * 100 >= quota * percent * 10**9
    )

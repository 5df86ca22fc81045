"""What a tenant sees of its usage: the running period beside its quota, and a series over time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.metering.usage_series import Granularity, MetricUsage, projected
from scaicontrol_core.metering.use_cases.read_usage import ReadUsage, UsageQuery
from scaicontrol_core.testing.builders import OPERATOR_ID, PLAN_ID, TENANT_ID

OURS = Actor.tenant_user("tina", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)


async def read(meter: Any, actor: Actor = OURS, **query: Any) -> dict[str, MetricUsage]:
    """Return the usage of each metric."""
    found = await meter.world.use(ReadUsage)(actor, UsageQuery(tenant_id=TENANT_ID, **query))
    return {each.metric: each for each in found}


def series(usage: MetricUsage) -> list[tuple[str, str]]:
    """Return the points as text."""
    return [(each.at.isoformat(), str(each.quantity)) for each in usage.points]


@pytest.fixture
async def busy(meter: Any, subscription: Any, called: Any) -> Any:
    """The customer of 15 January, five days later."""
    async with meter.world.work.begin(meter.admin) as work:
        plan = await work.plans.get(PLAN_ID)
        plan.revise(evolve(plan.terms, quotas={"api_calls": 1000}), meter.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    meter.world.clock.advance(days=5)
    await meter.report(
        called("a", occurred_at="2026-01-15T23:30:00Z", quantity="100"),
        called("b", occurred_at="2026-01-16T10:15:00Z", quantity="40.5"),
        called("c", occurred_at="2026-01-16T10:45:00Z", quantity="-0.5", correction=True),
        *(
            called(
                f"u-{day}-{user}", metric="users", occurred_at=f"2026-01-{day}T08:00:00Z", properties={"user_id": user}
            )
            for day, user in ((16, "ann"), (16, "bob"), (17, "ann"))
        ),
    )
    return meter


async def test_the_running_period_stands_beside_its_quota(busy: Any) -> None:
    calls = (await read(busy))["api_calls"]
    assert (calls.period_start, calls.period_end) == (date(2026, 1, 15), date(2026, 2, 15))
    assert (calls.quota, calls.used, calls.remaining) == (1000, Decimal(140), Decimal(860))
    assert calls.projected == Decimal("723.33")
    users = (await read(busy))["users"]
    assert (users.quota, users.used, users.remaining) == (None, Decimal(2), None)


async def test_days_are_the_sellers(busy: Any) -> None:
    found = await read(busy)
    assert series(found["api_calls"]) == [("2026-01-16", "140.0")]
    assert series(found["users"]) == [("2026-01-16", "2"), ("2026-01-17", "1")]


async def test_hours_and_months(busy: Any) -> None:
    hours = await read(busy, by=Granularity.HOUR)
    assert series(hours["api_calls"]) == [
        ("2026-01-15T23:00:00+00:00", "100"),
        ("2026-01-16T10:00:00+00:00", "40.0"),
    ]
    assert series(hours["users"]) == []
    months = await read(busy, by=Granularity.MONTH, start=date(2025, 12, 20))
    assert series(months["users"]) == [("2026-01-01", "2")]


async def test_too_long_a_span_is_refused(busy: Any) -> None:
    with pytest.raises(Invalid, match="31 days"):
        await read(busy, by=Granularity.HOUR, start=date(2025, 1, 1))
    with pytest.raises(Invalid):
        await read(busy, start=date(2026, 2, 1), end=date(2026, 2, 1))


async def test_nobody_reads_another_ones_usage(busy: Any) -> None:
    with pytest.raises(NotFound):
        await read(busy, Actor.partner_admin("rita", PartnerId("prt_reseller")))
    with pytest.raises(Forbidden):
        await read(busy, busy.service)


async def test_one_service_alone(busy: Any) -> None:
    assert set(await read(busy, service="scaivault")) == set()
    with pytest.raises(NotFound):
        await read(busy, service="nosuch")


def test_what_does_not_grow_is_projected_as_it_is() -> None:
    start, end, today = date(2026, 1, 1), date(2026, 1, 31), date(2026, 1, 10)
    assert projected(Aggregation.SUM, Decimal(10), start, end, today) == 30
    assert projected(Aggregation.MAX, Decimal(10), start, end, today) == 10
    assert projected(Aggregation.COUNT, Decimal(10), start, None, today) == 10

"""Costs that were told in advance count by themselves when their instant comes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.cost_file import read_costs
from scaicontrol_core.catalog.service import Metric
from scaicontrol_core.subscriptions.use_cases.refresh_costs import CostRefresh, RefreshCosts
from scaicontrol_core.testing import FixedClock, builders
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_jobs.subscriptions import refresh_costs

PLATFORM = Actor.system("tests")


async def test_a_cost_told_in_advance_counts_when_its_instant_comes() -> None:
    clock = FixedClock()
    container = Container.in_memory(clock=clock)
    plan = builders.new_plan(cost_margins={"tokens": Decimal(1)})
    async with container.work.begin(PLATFORM) as work:
        await work.services.add(builders.new_service(metrics=(Metric(slug="tokens"),)))
        await work.plans.add(plan)
        await work.commit()
    tomorrow = (DEFAULT_START + timedelta(days=1)).isoformat()
    told = {"service": "scaikey", "metric": "tokens", "cost_cents": "0.5", "currency": "EUR", "valid_from": tomorrow}
    await container.use(RefreshCosts)(PLATFORM, CostRefresh(costs=read_costs({"unit_costs": [told]})))
    for hours, rate in ((0, {}), (23, {}), (24, {"tokens": Decimal(1)})):
        clock.set(DEFAULT_START + timedelta(hours=hours))
        assert await refresh_costs(container) is False
        async with container.work.begin(PLATFORM, read_only=True) as work:
            assert (await work.plans.get(plan.id)).billable_rate == rate

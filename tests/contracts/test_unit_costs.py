"""What every store promises of unit costs: appended by the platform, read in order, changed by nobody."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.unit_cost import CostBook, UnitCost, UnitCostImport
from scaicontrol_core.kernel.errors import OutOfScope, ScaiControlError
from scaicontrol_core.kernel.ids import PartnerId, ServiceId
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import SERVICE_ID
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
OTHER = ServiceId("svc_2")


def cost(text: str, hours: int = 0, **fields: Any) -> UnitCost:
    """Return a cost of a token since some hours after the beginning."""
    usual: dict[str, Any] = {"service_id": SERVICE_ID, "metric": "tokens", "currency": "EUR"}
    since = DEFAULT_START + timedelta(hours=hours)
    return UnitCost(**(usual | {"valid_from": since, "cost_cents": Decimal(text)} | fields))


async def record(work_factory: Any, name: str, *costs: UnitCost, actor: Actor = PLATFORM) -> None:
    """Record costs at once."""
    batch = UnitCostImport(id=name, costs=costs, recorded_at=DEFAULT_START, recorded_by="carla")
    batch.record_import({SERVICE_ID: "scaikey", OTHER: "mail"}, CostBook())
    async with work_factory.begin(actor) as work:
        await work.unit_costs.add(batch)
        await work.commit()


@pytest.fixture
async def services(work_factory: Any) -> None:
    """Two services."""
    async with work_factory.begin(PLATFORM) as work:
        await work.services.add(builders.new_service())
        await work.services.add(builders.new_service(OTHER, "mail"))
        await work.commit()


@pytest.mark.usefixtures("services")
async def test_costs_read_back_exactly_in_the_order_they_count(work_factory: Any) -> None:
    first = cost("0.000000001", 5), cost("999999999.999999999", unit_divisor=10**9), cost("1", metric="calls")
    await record(work_factory, "uci_1", *first)
    await record(work_factory, "uci_2", cost("2", 5), cost("3", service_id=OTHER), cost("4", currency="USD"))
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        own = list(await work.unit_costs.of_services([SERVICE_ID]))
        assert own == [first[2], first[1], first[0], cost("2", 5), cost("4", currency="USD")]
        assert len(await work.unit_costs.of_services([SERVICE_ID, OTHER])) == 6
        assert list(await work.unit_costs.of_services([])) == []
    in_force = CostBook.of(own).in_force(SERVICE_ID, "tokens", "EUR", DEFAULT_START + timedelta(hours=6))
    assert in_force == cost("2", 5)


@pytest.mark.usefixtures("services")
async def test_only_the_platform_records_costs(work_factory: Any) -> None:
    with pytest.raises(OutOfScope):
        await record(work_factory, "uci_1", cost("1"), actor=Actor.partner_admin("rita", PartnerId("prt_1")))


@pytest.mark.usefixtures("services")
async def test_plans_and_subscriptions_keep_their_rates(work_factory: Any) -> None:
    await record(work_factory, "uci_1", cost("0.02"))
    plan = builders.new_plan(cost_margins={"tokens": Decimal("0.25"), "calls": Decimal(0)})
    plan.refresh_rates(CostBook.of([cost("0.02")]), DEFAULT_START)
    async with work_factory.begin(PLATFORM) as work:
        await work.plans.add(plan)
        await work.commit()
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        kept = await work.plans.get(plan.id)
    assert kept.terms == plan.terms
    assert kept.billable_rate == {"tokens": Decimal("0.025")}
    assert kept.unrated == ("calls",)


@pytest.mark.usefixtures("services")
async def test_nobody_changes_or_removes_a_cost(work_factory: Any) -> None:
    from sqlalchemy import delete, update  # noqa: PLC0415

    from scaicontrol_adapters.sql.rows.catalog import UnitCostRow  # noqa: PLC0415  # of no use in memory
    from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory  # noqa: PLC0415

    await record(work_factory, "uci_1", cost("0.02"))
    if not isinstance(work_factory, SqlUnitOfWorkFactory):
        return
    for statement in (update(UnitCostRow).values(cost_cents=Decimal(1)), delete(UnitCostRow)):
        with pytest.raises(ScaiControlError) as refused:
            async with work_factory.begin(PLATFORM) as work:
                await work.transaction.update(statement, {})
        assert refused.value.code == "unit_costs_append_only"

"""Usage is charged in arrears, once, with the next period in advance, on every backend."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import define

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.run_billing import RunBilling, RunReport
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.metering import Outcome
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID

PLATFORM = Actor.system("usage")
TIERS = (
    builders.usage_tier(tier_end=1000, unit_price_cents=Decimal(0), unit_divisor=1),
    builders.usage_tier(tier_start=1000, tier_end=10000),
    builders.usage_tier(tier_start=10000, unit_price_cents=Decimal(1), unit_divisor=7),
)


@define
class Shop:
    """A backend whose operator sells a metered plan, and short ways to use and bill it."""

    world: MemoryWorld
    count: int = 0

    def at(self, month: int, day: int) -> None:
        """Set the clock to noon (UTC) of a day of 2026."""
        self.world.clock.set(datetime(2026, month, day, 12, tzinfo=UTC))

    async def subscribe(self, **wanted: Any) -> Subscription:
        """Sell the plan."""
        return await self.world.use(CreateSubscription)(PLATFORM, NewSubscription(TENANT_ID, "scaikey.pro", **wanted))

    async def use(self, quantity: int, day: date, *, metric: str = "api_calls", **fields: Any) -> Outcome:
        """Report what was used at noon of a day."""
        self.count += 1
        event = {
            "idempotency_key": f"event-{self.count}",
            "tenant_id": TENANT_ID,
            "metric": metric,
            "quantity": quantity,
            "occurred_at": f"{day}T12:00:00Z",
            "correction": quantity < 0,
        } | fields
        (outcome,) = await self.world.use(IngestUsage)(PLATFORM, UsageBatch(reports=[read_report(event)]))
        return outcome

    async def run(self, month: str = "2026-12", **asked: Any) -> RunReport:
        """Run the billing."""
        return await self.world.use(RunBilling)(PLATFORM, parse_month(month), **asked)

    async def lines(self) -> list[list[tuple[str, str, int]]]:
        """Return description, quantity and net of the lines of each invoice, oldest first."""
        async with self.world.work.begin(PLATFORM, read_only=True) as work:
            listed = await work.invoices.list(InvoiceFilter(), PageRequest(sort="number"))
            found = await work.invoices.get_many([each.id for each in listed.items])
        return [
            [(line.description, str(line.quantity), line.net_cents) for line in found[each.id].lines]
            for each in listed.items
        ]

    async def stored(self, subscription: Subscription) -> Subscription:
        """Read a subscription."""
        async with self.world.work.begin(PLATFORM, read_only=True) as work:
            return await work.subscriptions.get(subscription.id)


@pytest.fixture
async def shop(work_factory: Any) -> Shop:
    """The shop on each backend; it is 15 January 2026."""
    world = MemoryWorld(work=work_factory)
    world.work = work_factory
    metrics = (Metric(slug="api_calls", unit="call"), Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT))
    await world.keep(
        builders.new_partner(),
        builders.new_tenant(),
        builders.new_profile(),
        builders.new_service(metrics=metrics),
        builders.new_plan(usage_pricing=TIERS),
    )
    return Shop(world)


async def test_usage_stands_on_the_invoice_of_the_period_that_follows(shop: Shop) -> None:
    sold = await shop.subscribe()
    await shop.run()
    assert await shop.lines() == [[("ScaiKey Pro", "1", 19900)]]
    shop.at(2, 1)
    for quantity in (6000, 4500, 77):
        await shop.use(quantity, date(2026, 1, 31))
    shop.at(2, 17)
    await shop.use(1, date(2026, 2, 14))  # late, but in time
    await shop.use(5, date(2026, 2, 15))  # of the period that runs
    assert (await shop.stored(sold)).next_billing_on == date(2026, 2, 18)
    assert (await shop.run()).totals.tenants == 0  # something of the period may still come in
    shop.at(2, 18)
    assert (await shop.run(dry_run=True)).previews[0].net_cents == 19900 + 2700 + 83
    await shop.run()
    assert (await shop.lines())[1] == [
        ("ScaiKey Pro", "1", 19900),
        ("ScaiKey Pro: api_calls (call) 0–1000", "1000", 0),
        ("ScaiKey Pro: api_calls (call) 1000–10000", "9000", 2700),
        ("ScaiKey Pro: api_calls (call) 10000+", "578", 83),
    ]
    assert (await shop.run()).totals.tenants == 0
    assert (await shop.use(1, date(2026, 2, 14))).reason == "period_billed"


async def test_what_is_free_is_billed_without_a_line(shop: Shop) -> None:
    sold = await shop.subscribe()
    await shop.run()
    shop.at(2, 1)
    await shop.use(1000, date(2026, 1, 31))
    shop.at(2, 20)
    await shop.run()
    assert (await shop.lines())[1] == [("ScaiKey Pro", "1", 19900)]
    async with shop.world.work.begin(PLATFORM, read_only=True) as work:
        listed = await work.invoices.list(InvoiceFilter(), PageRequest(sort="number"))
        charged = await work.billed_periods.of_invoice(listed.items[1].id)
    assert {each.charge_kind for each in charged} >= {ChargeKind.RECURRING}
    assert [each.ordinal for each in (await shop.stored(sold)).owed_usage] == [1]

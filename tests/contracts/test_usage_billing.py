"""Usage is charged in arrears, once, with the next period in advance, on every backend."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import define, evolve

from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.run_report import RunReport
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.read_upcoming_invoice import ReadUpcomingInvoice, UpcomingInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.ids import PlanId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.metering import Outcome
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

PLATFORM = Actor.system("usage")
#: What a document has only once it is numbered.
UNNUMBERED = ("number", "payment_reference", "creditor_reference")
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

    async def upcoming(self) -> UpcomingInvoice:
        """Tell the next invoice."""
        return await self.world.use(ReadUpcomingInvoice)(PLATFORM, TENANT_ID)

    async def issued(self) -> list[dict[str, Any]]:
        """Return the newest document, but for its number and links."""
        async with self.world.work.begin(PLATFORM, read_only=True) as work:
            listed = await work.invoices.list(InvoiceFilter(), PageRequest(sort="-number", limit=1))
        kept = [each.document or {} for each in listed.items]
        return [{key: value for key, value in document.items() if key not in UNNUMBERED} for document in kept]

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


async def test_a_child_of_a_pack_pays_for_its_own_usage(shop: Shop) -> None:
    async with shop.world.work.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        await work.packs.add(builders.new_pack(builders.item_of(plan)))
        await work.commit()
    pack = await shop.world.use(SubscribePack)(PLATFORM, NewPackSubscription(TENANT_ID, "growth"))
    await shop.run()
    shop.at(2, 1)
    await shop.use(2000, date(2026, 1, 31))
    shop.at(2, 17)
    assert (await shop.run()).totals.tenants == 0  # the pack waits for what its children used
    shop.at(2, 18)
    await shop.run()
    assert [len(lines) for lines in await shop.lines()] == [1, 3]
    assert (await shop.lines())[1][1] == ("ScaiKey Pro: api_calls (call) 1000–10000", "1000", 300)
    shop.at(2, 20)
    await shop.use(2010, date(2026, 2, 19))
    shop.at(4, 20)
    await shop.run()  # late by a month: the periods, and the usage of those that are over
    assert sorted(net for _, _, net in (await shop.lines())[2])[:3] == [0, 303, 9900]
    (child,) = pack.members
    async with shop.world.work.begin(PLATFORM, read_only=True) as work:
        assert [each.ordinal for each in (await work.subscriptions.get(child.subscription_id)).owed_usage] == [3]
    assert (await shop.run()).totals.tenants == 0


async def test_what_was_taken_back_is_a_credit_line_as_far_as_the_invoice_bears_it(shop: Shop) -> None:
    sold = await shop.subscribe()
    await shop.run()
    shop.at(2, 1)
    await shop.use(-11000, date(2026, 1, 31))
    shop.at(2, 18)
    await shop.run()
    assert (await shop.lines())[1][1:] == [
        ("ScaiKey Pro: api_calls (call) 0–1000", "-1000", 0),
        ("ScaiKey Pro: api_calls (call) 1000–10000", "-9000", -2700),
        ("ScaiKey Pro: api_calls (call) 10000+", "-1000", -143),
    ]
    await shop.use(-9_000_000, date(2026, 2, 16))
    shop.at(3, 18)
    await shop.run()
    assert [net for _, _, net in (await shop.lines())[2]] == [19900]
    assert [each.ordinal for each in (await shop.stored(sold)).owed_usage] == [1, 2]  # it waits for a larger invoice


async def test_the_last_usage_is_billed_when_nothing_more_can_come(shop: Shop) -> None:
    sold = await shop.subscribe()
    await shop.run()
    shop.at(1, 20)
    await shop.use(1500, date(2026, 1, 20), occurred_at="2026-01-20T11:00:00Z")
    await shop.world.use(CancelSubscription)(PLATFORM, sold.id, immediate=True)
    assert (await shop.stored(sold)).next_billing_on == date(2026, 1, 24)
    shop.at(1, 24)
    await shop.run()
    assert (await shop.lines())[1][1] == ("ScaiKey Pro: api_calls (call) 1000–10000", "500", 150)
    assert (await shop.stored(sold)).next_billing_on is None


async def test_a_run_that_comes_months_late_bills_each_period_with_its_own_usage(shop: Shop) -> None:
    await shop.subscribe()
    for month in (2, 3, 4):
        shop.at(month, 10)
        await shop.use(1000 + 10 * month, date(2026, month, 9))
    await shop.run()
    nets = [(description[-10:], net) for description, _, net in (await shop.lines())[0] if net not in (0, 19900)]
    assert nets == [("1000–10000", 6), ("1000–10000", 9)]  # of April, time is not up
    shop.at(4, 18)
    await shop.run()
    assert [net for _, _, net in (await shop.lines())[1]] == [19900, 0, 12]


async def test_usage_is_priced_by_the_plan_that_its_period_began_on(shop: Shop) -> None:
    async with shop.world.work.begin(PLATFORM) as work:
        await work.plans.add(builders.new_plan(PlanId("pln_flat"), slug="flat", name="Flat", tier="flat"))
        await work.commit()
    sold = await shop.subscribe()
    await shop.run()
    shop.at(1, 25)
    await shop.world.use(ChangeSubscription)(PLATFORM, sold.id, SubscriptionChange(plan_key="scaikey.flat"))
    await shop.use(1100, date(2026, 1, 25), occurred_at="2026-01-25T11:00:00Z")
    shop.at(2, 18)
    await shop.use(5000, date(2026, 2, 16))
    await shop.run()
    assert (await shop.lines())[1] == [
        ("ScaiKey Flat", "1", 19900),
        ("ScaiKey Pro: api_calls (call) 0–1000", "1000", 0),
        ("ScaiKey Pro: api_calls (call) 1000–10000", "100", 30),
    ]
    shop.at(3, 15)
    await shop.run()  # nothing to wait for any more
    assert (await shop.lines())[2] == [("ScaiKey Flat", "1", 19900)]


async def test_usage_of_a_trial_is_not_charged(shop: Shop) -> None:
    async with shop.world.work.begin(PLATFORM) as work:
        tried = builders.new_plan(PlanId("pln_try"), slug="try", tier="try", trial_days=14, usage_pricing=TIERS)
        await work.plans.add(tried)
        await work.commit()
    await shop.world.use(CreateSubscription)(PLATFORM, NewSubscription(TENANT_ID, "scaikey.try"))
    shop.at(1, 20)
    assert (await shop.use(20000, date(2026, 1, 20), occurred_at="2026-01-20T11:00:00Z")).reason is None
    shop.at(3, 20)
    assert (await shop.run()).totals.invoices == 0


async def test_whoever_can_not_be_billed_keeps_his_usage_open(shop: Shop) -> None:
    await shop.subscribe()
    await shop.run()
    shop.at(2, 10)
    await shop.use(1100, date(2026, 2, 9))
    async with shop.world.work.begin(PLATFORM) as work:
        seller = await work.partners.get(OPERATOR_ID)
        seller.configure(evolve(seller.configuration, seller_city=None), shop.world.clock.now())
        await work.partners.save(seller)
        await work.commit()
    shop.at(2, 18)
    assert len((await shop.run()).totals.failures) == 1
    batch = UsageBatch(reports=[_late(date(2026, 2, 14))], backfill=True)
    assert [each.reason for each in await shop.world.use(IngestUsage)(PLATFORM, batch)] == [None]


def _late(day: date) -> Any:
    event = {"idempotency_key": "late", "tenant_id": TENANT_ID, "metric": "api_calls", "quantity": 5}
    return read_report(event | {"occurred_at": f"{day}T12:00:00Z"})


async def test_the_upcoming_invoice_is_what_the_run_then_bills(shop: Shop) -> None:
    sold = await shop.subscribe()
    assert (await shop.upcoming()).bills_on == date(2026, 1, 15)
    await shop.run()
    shop.at(2, 1)
    await shop.use(12345, date(2026, 1, 31))
    told = await shop.upcoming()
    assert told.bills_on == date(2026, 2, 18)
    shop.at(2, 18)
    await shop.run()
    assert await shop.issued() == [_told(each) for each in told.documents]
    await shop.world.use(CancelSubscription)(PLATFORM, sold.id, immediate=True)
    told = await shop.upcoming()  # the last usage, of which there is none
    assert (told.bills_on, told.documents) == (date(2026, 2, 22), ())
    shop.at(2, 22)
    await shop.run()
    assert (await shop.upcoming()).bills_on is None


def _told(document: Any) -> dict[str, Any]:
    return {key: value for key, value in document.to_dict().items() if key not in UNNUMBERED}


async def test_new_brackets_count_from_the_next_cycle(shop: Shop) -> None:
    sold = await shop.subscribe()
    await shop.run()
    shop.at(1, 20)
    async with shop.world.work.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        dearer = (builders.usage_tier(unit_price_cents=Decimal("2.5"), unit_divisor=1),)
        plan.revise(builders.plan_terms(usage_pricing=dearer), shop.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    for month in (2, 3):
        shop.at(month, 14)
        await shop.use(1100, date(2026, month, 13))
    shop.at(3, 18)
    await shop.run()
    assert [net for _, _, net in (await shop.lines())[1]] == [19900, 19900, 0, 30, 2750]
    async with shop.world.work.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(builders.plan_terms(), shop.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    shop.at(4, 20)
    await shop.run()
    assert (await shop.stored(sold)).owed_usage == ()  # nothing is metered any more


async def test_what_comes_in_while_it_is_billed_is_billed_or_refused(shop: Shop) -> None:
    await shop.subscribe()
    await shop.run()
    shop.at(2, 18)
    ingest = shop.world.use(IngestUsage, retry=Backoff())

    async def report(number: int) -> int:
        event = {"idempotency_key": f"race-{number}", "tenant_id": TENANT_ID, "metric": "api_calls", "quantity": 1000}
        batch = UsageBatch(reports=[read_report(event | {"occurred_at": "2026-02-10T12:00:00Z"})], backfill=True)
        (outcome,) = await ingest(PLATFORM, batch)
        assert outcome.reason in (None, "period_billed")
        return 0 if outcome.reason else 1000

    async def bill() -> int:
        await shop.world.use(RunBilling, retry=Backoff())(PLATFORM, parse_month("2026-12"), tenant_id=TENANT_ID)
        return 0

    counted = sum(await asyncio.gather(*map(report, range(6)), bill(), *map(report, range(6, 12))))
    used = [Decimal(quantity) for _, quantity, _ in (await shop.lines())[1][1:]]
    assert sum(used) == counted or (counted == 1000 and used == [])  # the first thousand is free

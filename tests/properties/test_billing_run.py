"""The billing run as arithmetic: how often it runs makes no difference, and every cent has its reason."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.drafting import Sold, recurring_line
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.kernel.ids import PlanId, SubscriptionId, TenantId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions import BillingSchedule, DuePeriod
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.clock import DEFAULT_START
from scaicontrol_core.testing.faults import FaultyWork, Killed

END = date(2026, 6, 30)


@frozen
class Sale:
    """One customer's plan."""

    start: date
    cadence: Cadence
    price: int
    quantity: int
    country: str


SALES = st.lists(
    st.builds(
        Sale,
        start=st.dates(date(2026, 1, 1), date(2026, 5, 31)),
        cadence=st.sampled_from([cadence for cadence in Cadence if cadence is not Cadence.DAILY]),
        price=st.integers(0, 99_999),
        quantity=st.integers(1, 12),
        country=st.sampled_from(["NL", "BE", "DE", "US"]),
    ),
    min_size=1,
    max_size=4,
)
#: Days on which somebody runs the billing, and the commit at which the run dies (0: it lives).
RUNS = st.lists(st.tuples(st.dates(date(2026, 1, 1), END), st.integers(0, 4)), max_size=5).map(sorted)


async def trading(sales: list[Sale]) -> MemoryWorld:
    """A world where everything was sold at the beginning of July 2026, dated back."""
    world = await MemoryWorld.with_one_customer()
    world.clock.set(DEFAULT_START.replace(month=7, day=1))
    for number, sale in enumerate(sales):
        tenant, slug = TenantId(f"tnt_buyer_{number}"), f"plan{number}"
        details: dict[str, Any] = {"is_business": False, "vat_number": None, "country_code": sale.country}
        await world.keep(
            builders.new_tenant(tenant),
            builders.new_profile(tenant, **details),
            builders.new_plan(
                PlanId(f"pln_{slug}"), slug=slug, tier="pro", billing_period=sale.cadence, base_price_cents=sale.price
            ),
        )
        wanted = NewSubscription(tenant, f"scaikey.{slug}", sale.quantity, sale.start)
        await world.use(CreateSubscription)(world.platform, wanted)
    return world


def ledger(world: MemoryWorld) -> Counter[tuple[str, int, date, int]]:
    """Everything that was charged, and how often."""
    entries = [row for _, row in world.store.tables.get("billed_periods", {}).values()]
    return Counter((each.tenant_id, each.ordinal, each.period_start, each.net_cents) for each in entries)


async def run(world: MemoryWorld, day: date, dies_at: int = 0) -> None:
    world.clock.set(world.clock.now().replace(month=day.month, day=day.day))
    work = FaultyWork(world.work, kill_after=dies_at or None)
    try:
        await world.use(RunBilling, work=work)(world.platform, parse_month(f"{day:%Y-%m}"))
    except Killed:
        return


@given(SALES, RUNS)
def test_many_runs_or_one_dead_or_alive_bill_the_same(sales: list[Sale], runs: list[tuple[date, int]]) -> None:
    async def story() -> None:
        once, often = await trading(sales), await trading(sales)
        await run(once, END)
        for day, dies_at in runs:
            await run(often, day, dies_at)
        await run(often, END)
        assert ledger(often) == ledger(once)
        assert set(ledger(often).values()) <= {1}
        assert [fault for audit in await often.use(AuditNumbering)(often.platform) for fault in audit.faults] == []

    asyncio.run(story())


@given(SALES)
def test_lines_documents_vat_and_ledger_are_one_sum(sales: list[Sale]) -> None:
    async def story() -> None:
        world = await trading(sales)
        world.clock.set(world.clock.now().replace(month=6, day=30))
        report = await world.use(RunBilling)(world.platform, parse_month("2026-06"))
        documents = [row.document for _, row in world.store.tables.get("invoices", {}).values()]
        net = sum(entry[3] for entry in ledger(world))
        assert net == sum(line["net_cents"] for document in documents for line in document["lines"])
        assert net == sum(document["totals"]["net_cents"] for document in documents) == report.totals.net_cents
        tax = sum(entry["amount_cents"] for document in documents for entry in document["vat_details"]["entries"])
        assert tax == sum(line["tax_cents"] for document in documents for line in document["lines"])
        assert tax == report.totals.tax_cents
        summary = await world.use(SummarizeInvoices)(world.platform)
        assert (summary.vat, summary.invoices) == (report.totals.vat, len(documents))
        assert report.totals.lines == sum(len(document["lines"]) for document in documents)

    asyncio.run(story())


@given(
    anchor=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    cadence=st.sampled_from([cadence for cadence in Cadence if cadence.recurs]),
    price=st.integers(0, 10**8),
    quantity=st.integers(1, 10_000),
    data=st.data(),
)
def test_a_part_of_a_period_costs_its_part_of_the_price_within_half_a_cent(
    anchor: date, cadence: Cadence, price: int, quantity: int, data: st.DataObject
) -> None:
    plan = builders.new_plan(billing_period=cadence, base_price_cents=price)
    period = BillingSchedule(anchor=anchor, cadence=cadence).period(0)
    skipped = data.draw(st.integers(0, period.days - 1))
    charged = Period(period.start + timedelta(days=skipped), period.end)
    sold = Sold(
        subscription_id=SubscriptionId("sub_1"),
        plan=plan,
        service=builders.new_service(),
        quantity=quantity,
        cadence=cadence,
        price=plan.price_at(DEFAULT_START, cadence),
    )
    line = recurring_line("lin_1", sold, DuePeriod(0, period, charged))
    exact = Fraction(price * quantity * charged.days, period.days)
    assert line.net_cents == round_half_away(exact.numerator, exact.denominator)
    assert line.period == charged
    assert (line.net_cents == price * quantity) or skipped or not price

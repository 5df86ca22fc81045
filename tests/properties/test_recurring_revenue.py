"""Recurring revenue over any history: movements tie out, months follow each other, and what is past stays."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.revenue import RevenueMonth, RevenuePart, RevenueReport
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import PlanId, TenantId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Cadence, local_date
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import MemoryWorld, builders

ZONE = "Europe/Amsterdam"
PLANS = {
    "month": (Cadence.MONTHLY, 1000),
    "more": (Cadence.MONTHLY, 2999),
    "year": (Cadence.YEARLY, 9995),
    "week": (Cadence.WEEKLY, 333),
    "once": (Cadence.ONE_TIME, 5000),
    "free": (Cadence.MONTHLY, 0),
}
DEEDS = ("subscribe", "cancel", "leave", "suspend", "resume", "upgrade", "prorate", "later", "price", "reap", "wait")
TIMES_OVER = {Cadence.MONTHLY: (1, 1), Cadence.YEARLY: (1, 12), Cadence.WEEKLY: (4, 1), Cadence.QUARTERLY: (1, 3)}


@frozen
class Deed:
    """Something that happens some days after what happened before."""

    days: int
    what: str
    pick: int
    plan: str
    number: int


HISTORIES = st.lists(
    st.builds(
        Deed,
        days=st.sampled_from([0, 0, 1, 3, 9, 17, 40]),
        what=st.sampled_from(DEEDS),
        pick=st.integers(0, 5),
        plan=st.sampled_from(sorted(PLANS)),
        number=st.integers(1, 4),
    ),
    min_size=1,
    max_size=14,
)


class Company:
    """A world with three customers, and the reports that were made of it on the way."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world = world
        self.reports: dict[str, RevenueReport] = {}

    @classmethod
    async def founded(cls) -> Company:
        world = await MemoryWorld.with_one_customer()
        for number in range(3):
            tenant = TenantId(f"tnt_c{number}")
            country = ["NL", "BE", "DE"][number]
            profile = builders.new_profile(tenant, is_business=False, vat_number=None, country_code=country)
            await world.keep(builders.new_tenant(tenant), profile)
        for slug, (cadence, cents) in PLANS.items():
            plan = builders.new_plan(
                PlanId(f"pln_{slug}"), slug=slug, tier="pro", billing_period=cadence, base_price_cents=cents
            )
            await world.keep(plan)
        return cls(world)

    def subscriptions(self) -> list[Subscription]:
        rows = [row for _, row in self.world.store.tables.get("subscriptions", {}).values()]
        return sorted(rows, key=lambda row: str(row.id))

    async def do(self, deed: Deed) -> None:
        """Let the days pass, reporting every month that ends on the way, and do it if it can be done."""
        for _ in range(deed.days):
            await self.a_day_passes()
        try:
            await self._do(deed)
        except ScaiControlError:
            return

    async def a_day_passes(self) -> None:
        self.world.clock.advance(days=1)
        today = local_date(self.world.clock.now(), ZONE)
        if today.day == 1:
            over = f"{today.replace(month=today.month - 1):%Y-%m}" if today.month > 1 else f"{today.year - 1}-12"
            self.reports[over] = await self.report(over)

    async def report(self, period: str) -> RevenueReport:
        return await self.world.use(ReportRecurringRevenue)(self.world.platform, period)

    async def _do(self, deed: Deed) -> None:
        actor, use = self.world.platform, self.world.use
        if deed.what == "subscribe":
            wanted = NewSubscription(TenantId(f"tnt_c{deed.pick % 3}"), f"scaikey.{deed.plan}", deed.number)
            await use(CreateSubscription)(actor, wanted)
        elif deed.what == "price":
            async with self.world.work.begin(actor) as work:
                plan = await work.plans.get(PlanId(f"pln_{deed.plan}"))
                terms = evolve(plan.terms, base_price_cents=PLANS[deed.plan][1] * deed.number)
                plan.revise(terms, self.world.clock.now())
                await work.plans.save(plan)
                await work.commit()
        elif deed.what == "reap":
            await use(ReapSubscriptions)(actor)
        elif deed.what != "wait" and self.subscriptions():
            await self._change(deed, self.subscriptions()[deed.pick % len(self.subscriptions())])

    async def _change(self, deed: Deed, it: Subscription) -> None:
        actor, use = self.world.platform, self.world.use
        change: dict[str, Any] = {"plan_key": f"scaikey.{deed.plan}", "quantity": deed.number}
        match deed.what:
            case "cancel":
                await use(CancelSubscription)(actor, it.id, immediate=True)
            case "leave":
                await use(CancelSubscription)(actor, it.id)
            case "suspend":
                await use(SuspendSubscription)(actor, it.id)
            case "resume":
                await use(ResumeSubscription)(actor, it.id)
            case "upgrade":
                await use(ChangeSubscription)(actor, it.id, SubscriptionChange(**change))
            case "prorate":
                change["proration"] = Proration.NEXT_INVOICE
                await use(ChangeSubscription)(actor, it.id, SubscriptionChange(**change))
            case "later":
                await use(ChangeSubscription)(
                    actor, it.id, SubscriptionChange(**change, effective=Effective.PERIOD_END)
                )

    def charged_today(self) -> int:
        """Work out from the subscriptions as they stand what today's running periods come to a month."""
        today = local_date(self.world.clock.now(), ZONE)
        plans = {row.id: row for _, row in self.world.store.tables["plans"].values()}
        whole = 0
        for it in self.subscriptions():
            schedule = it.schedule
            if schedule is None or (schedule.until and today >= schedule.until):
                continue
            ordinal = schedule.ordinal_on(today)
            if ordinal is None or any(today in pause for pause in schedule.pauses):
                continue
            cadence, terms = schedule.leg(ordinal).cadence, it.terms_of(ordinal)
            if not cadence.recurs:
                continue
            at = it.priced_at(schedule.whole_period(ordinal).start, ZONE)
            price = plans[terms.plan_id].price_at(at, cadence).price_cents
            quantity = terms.quantity
            if it.accruing is not None and it.accruing.ordinal == ordinal:
                price, quantity = it.accruing.price_cents, it.accruing.quantity
                cadence = PLANS[it.accruing.plan_key.partition(".")[2]][0]
            times, over = TIMES_OVER[cadence]
            whole += round_half_away(price * times, over) * quantity
        return whole


def ties(part: RevenueMonth | RevenuePart) -> bool:
    moved = part.new_cents + part.expansion_cents + part.contraction_cents + part.churned_cents
    return part.start_cents + moved + part.reactivated_cents == part.end_cents


def is_sound(month: RevenueMonth) -> None:
    assert ties(month)
    assert min(month.new_cents, month.expansion_cents, month.reactivated_cents, month.end_cents) >= 0
    assert max(month.contraction_cents, month.churned_cents) <= 0
    counted = month.customers_at_start + month.customers_new + month.customers_reactivated
    assert counted - month.customers_churned == month.customers_at_end <= 3
    assert month.logo_churn_bp is None or 0 <= month.logo_churn_bp <= 10_000
    assert month.revenue_churn_bp is None or 0 <= month.revenue_churn_bp <= 10_000
    if month.net_retention_bp is not None and month.revenue_churn_bp is not None:
        assert month.net_retention_bp >= 10_000 - month.revenue_churn_bp - 1  # each is rounded by itself
    for parts in (month.by_plan, month.by_country):
        assert all(ties(part) for part in parts)
        assert sum(part.start_cents for part in parts) == month.start_cents
        assert sum(part.end_cents for part in parts) == month.end_cents


@given(HISTORIES)
def test_any_history_ties_out_and_what_is_past_stays(history: list[Deed]) -> None:
    async def story() -> None:
        company = await Company.founded()
        for deed in history:
            await company.do(deed)
            today = local_date(company.world.clock.now(), ZONE)
            running = await company.report(f"{today:%Y-%m}")
            assert sum(month.end_cents for month in running.months) == company.charged_today()
        for _ in range(45):
            await company.a_day_passes()
        previous = 0
        for period, told in sorted(company.reports.items()):
            assert told.final
            again = await company.report(period)
            assert again.months == told.months, period
            for month in again.months:
                is_sound(month)
            assert sum(month.start_cents for month in again.months) == previous
            previous = sum(month.end_cents for month in again.months)
        years = {date.fromisoformat(f"{period}-01").year for period in company.reports}
        for year in years:
            whole = {month.month: month for month in (await company.report(str(year))).months}
            for period, told in company.reports.items():
                if period.startswith(str(year)):
                    assert [whole[period]] if period in whole else list(told.months) == []

    asyncio.run(story())

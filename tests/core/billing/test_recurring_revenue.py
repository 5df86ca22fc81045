"""What a seller sees of its recurring revenue: stories of one customer and another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.revenue import RevenueMonth, RevenueReport
from scaicontrol_core.billing.use_cases.backfill_recurrences import BackfillRecurrences
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PackId, PlanId, ServiceId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import TENANT_ID


async def report(books: Any, period: str, **asked: Any) -> RevenueReport:
    found: RevenueReport = await books.world.use(ReportRecurringRevenue)(
        asked.pop("actor", books.admin), period, **asked
    )
    return found


async def month(books: Any, period: str, **asked: Any) -> RevenueMonth:
    (found,) = (await report(books, period, **asked)).months
    return found


def moved(found: RevenueMonth) -> tuple[int, ...]:
    """Return start, new, expansion, contraction, churned, reactivated, end."""
    return (
        found.start_cents,
        found.new_cents,
        found.expansion_cents,
        found.contraction_cents,
        found.churned_cents,
        found.reactivated_cents,
        found.end_cents,
    )


async def test_a_customer_comes_grows_leaves_and_comes_back(books: Any) -> None:
    sold = await books.subscribe()  # 15 January, 199.00 a month
    first = await month(books, "2026-01")
    assert moved(first) == (0, 19900, 0, 0, 0, 0, 19900)
    assert (first.customers_new, first.customers_at_end, first.arpa_cents) == (1, 1, 19900)
    assert (first.logo_churn_bp, first.net_retention_bp) == (None, None)
    books.at(2026, 2, 3)
    more = SubscriptionChange(quantity=3, proration=Proration.NEXT_INVOICE)
    await books.world.use(ChangeSubscription)(books.admin, sold.id, more)
    second = await month(books, "2026-02")
    assert moved(second) == (19900, 0, 39800, 0, 0, 0, 59700)
    assert (second.net_retention_bp, second.revenue_churn_bp) == (30000, 0)
    books.at(2026, 3, 10)
    await books.world.use(CancelSubscription)(books.admin, sold.id, immediate=True)
    third = await month(books, "2026-03")
    assert moved(third) == (59700, 0, 0, 0, -59700, 0, 0)
    assert (third.customers_lost, third.logo_churn_bp, third.revenue_churn_bp, third.arpa_cents) == (
        1,
        10000,
        10000,
        None,
    )
    books.at(2026, 4, 2)
    await books.subscribe()
    assert moved(await month(books, "2026-04")) == (0, 0, 0, 0, 0, 19900, 19900)
    whole = await report(books, "2026")
    assert [each.month for each in whole.months] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert (whole.as_of, whole.final) == (date(2026, 4, 2), False)
    assert (await report(books, "2026-Q1")).final


async def test_what_a_forgotten_stretch_of_the_calendar_cost_is_no_matter(books: Any) -> None:
    sold = await books.subscribe()
    books.at(2026, 2, 3)
    more = SubscriptionChange(quantity=3, proration=Proration.NEXT_INVOICE)
    await books.world.use(ChangeSubscription)(books.admin, sold.id, more)
    for when, anchor in (((2026, 4, 20), date(2026, 5, 1)), ((2026, 7, 5), date(2026, 7, 20)), ((2026, 9, 25), None)):
        books.at(*when)
        await books.run(f"2026-{when[1]:02d}")
        if anchor:
            await books.world.use(SetAnchor)(books.admin, sold.id, anchor)
    assert moved(await month(books, "2026-08")) == (59700, 0, 0, 0, 0, 0, 59700)


async def test_a_price_counts_from_each_customers_next_period(books: Any) -> None:
    await books.subscribe()
    books.at(2026, 2, 1)
    async with books.world.work.begin(books.admin) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(builders.plan_terms(base_price_cents=24900), books.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    books.at(2026, 2, 14)
    assert (await month(books, "2026-02")).end_cents == 19900
    books.at(2026, 2, 15)
    assert moved(await month(books, "2026-02")) == (19900, 0, 5000, 0, 0, 0, 24900)


async def test_a_planned_end_counts_on_its_day_whoever_is_late(books: Any) -> None:
    sold = await books.subscribe()
    await books.world.use(CancelSubscription)(books.admin, sold.id)  # until 15 February
    books.at(2026, 2, 14)
    assert (await month(books, "2026-02")).end_cents == 19900
    books.at(2026, 3, 20)  # no reaper ran
    assert moved(await month(books, "2026-02")) == (19900, 0, 0, 0, -19900, 0, 0)
    assert (await report(books, "2026-03")).months == ()


async def test_a_pause_is_a_loss_and_its_end_a_return(books: Any) -> None:
    sold = await books.subscribe()
    books.at(2026, 2, 10)
    await books.world.use(PauseSubscription)(books.admin, sold.id)
    books.at(2026, 3, 10)
    await books.world.use(ResumeSubscription)(books.admin, sold.id)
    assert moved(await month(books, "2026-02")) == (19900, 0, 0, 0, -19900, 0, 0)
    assert moved(await month(books, "2026-03")) == (0, 0, 0, 0, 0, 19900, 19900)


async def test_trials_and_single_charges_are_no_recurring_revenue(books: Any) -> None:
    await books.plan("try", trial_days=30, base_price_cents=1000)
    await books.plan("once", billing_period=Cadence.ONE_TIME, base_price_cents=5000)
    await books.subscribe(plan_key="scaikey.try")
    await books.subscribe(await books.customer("tnt_other"), "scaikey.once")
    assert (await report(books, "2026-01")).months == ()


async def test_a_year_is_twelve_months_and_another_plan_is_no_new_customer(books: Any) -> None:
    await books.plan("year", billing_period=Cadence.YEARLY, base_price_cents=100_000)
    await books.plan("small", base_price_cents=5000)
    sold = await books.subscribe(plan_key="scaikey.small")
    change = SubscriptionChange(plan_key="scaikey.year", proration=Proration.NEXT_INVOICE)
    books.at(2026, 1, 20)
    await books.world.use(ChangeSubscription)(books.admin, sold.id, change)
    found = await month(books, "2026-01")
    assert moved(found) == (0, 5000, 3333, 0, 0, 0, 8333)
    assert [(part.name, part.new_cents, part.churned_cents, part.end_cents) for part in found.by_plan] == [
        ("scaikey.small", 5000, -5000, 0),
        ("scaikey.year", 8333, 0, 8333),
    ]
    assert [(part.name, part.end_cents, part.customers_at_end) for part in found.by_country] == [("NL", 8333, 1)]


async def test_a_pack_counts_as_one_and_its_children_do_not(books: Any) -> None:
    other = builders.new_service(ServiceId("svc_drive"), "scaidrive")
    plan = builders.new_plan(PlanId("pln_drive"), (other.id, "scaidrive"), "team", base_price_cents=5000)
    await books.world.keep(other, plan)
    async with books.world.work.begin(books.admin, read_only=True) as work:
        pro = await work.plans.by_key("scaikey.pro")
    pack = builders.new_pack(
        builders.item_of(pro), builders.item_of(plan), pack_id=PackId("pck_all"), slug="all", base_price_cents=22000
    )
    await books.world.keep(pack)
    await books.world.use(SubscribePack)(books.admin, NewPackSubscription(TENANT_ID, "all"))
    found = await month(books, "2026-01")
    assert [(part.name, part.end_cents) for part in found.by_plan] == [("pack:all", found.end_cents)]
    assert (found.end_cents, found.customers_at_end) == (22000, 1)


async def test_each_currency_is_a_book_of_its_own(books: Any) -> None:
    await books.plan("dollar", currency="USD", base_price_cents=1500)
    await books.subscribe()
    await books.subscribe(await books.customer("tnt_other"), "scaikey.dollar")
    found = (await report(books, "2026-01")).months
    assert [(each.currency, each.end_cents, each.customers_at_end) for each in found] == [
        ("EUR", 19900, 1),
        ("USD", 1500, 1),
    ]


async def test_a_month_is_the_sellers_own(books: Any) -> None:
    books.world.clock.set(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))  # half past midnight in Amsterdam
    await books.subscribe()
    assert (await report(books, "2026-01")).months == ()
    assert (await month(books, "2026-02")).new_cents == 19900


async def test_a_customer_that_moves_abroad_moves_from_then_on(books: Any) -> None:
    sold = await books.subscribe()
    books.at(2026, 2, 5)
    async with books.world.work.begin(books.admin) as work:
        profile = (await work.billing_profiles.of_tenants([TENANT_ID]))[TENANT_ID]
        profile.change(builders.billing_details(country_code="BE", vat_number=None), books.world.clock.now())
        await work.billing_profiles.save(profile)
        await work.commit()
    await books.world.use(ChangeSubscription)(
        books.admin, sold.id, SubscriptionChange(quantity=2, proration=Proration.NEXT_INVOICE)
    )
    found = await month(books, "2026-02")
    assert [(part.name, part.start_cents, part.end_cents) for part in found.by_country] == [
        ("BE", 0, 39800),
        ("NL", 19900, 0),
    ]
    assert [part.name for part in (await month(books, "2026-01")).by_country] == ["NL"]


async def test_partners_see_their_own_and_the_operator_sees_both(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    passing = await books.reseller("prt_pass", "PASS")
    await books.subscribe(await books.customer("tnt_whole", whole))
    await books.subscribe(await books.customer("tnt_pass", passing))
    await books.subscribe()
    assert (await month(books, "2026-01")).customers_at_end == 2  # its own, and the one it sells to for a partner
    assert (await month(books, "2026-01", seller_id=whole)).customers_at_end == 1
    assert (await month(books, "2026-01", partner_id=passing)).customers_at_end == 1
    wilma, paula = Actor.partner_admin("wilma", whole), Actor.partner_admin("paula", passing)
    assert (await month(books, "2026-01", actor=wilma)).customers_at_end == 1
    assert (await month(books, "2026-01", actor=paula)).customers_at_end == 1
    for asked in ({"seller_id": passing}, {"partner_id": passing}):
        with pytest.raises(NotFound):
            await report(books, "2026-01", actor=wilma, **asked)
    with pytest.raises(Forbidden):
        await report(books, "2026-01", actor=Actor.tenant_user("tim", TenantId("tnt_pass"), passing))


async def test_what_has_not_begun_is_refused(books: Any) -> None:
    for period in ("2026-02", "2027", "January"):
        with pytest.raises(Invalid) as refused:
            await report(books, period)
        assert refused.value.code == "period_invalid"


async def test_subscriptions_from_before_the_history_are_written_down_once(books: Any) -> None:
    sold = await books.subscribe()
    told = await report(books, "2026")
    books.at(2026, 3, 3)
    books.world.store.tables["subscription_mrr"].clear()
    assert (await report(books, "2026")).months == ()
    assert await books.world.use(BackfillRecurrences)(books.admin) == 1
    assert await books.world.use(BackfillRecurrences)(books.admin) == 0
    again = await report(books, "2026")
    assert again.months[0] == told.months[0]
    assert [each.end_cents for each in again.months] == [19900] * 3
    assert sold.version

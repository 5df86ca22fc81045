"""The billing run: everything due, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.billing_run import RunStatus, parse_month
from scaicontrol_core.billing.invoice import MAX_LINES
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.get_billing_run import GetBillingRun
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.billing.use_cases.void_invoice import PERIODS_STAY_BILLED, VoidInvoice
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PlanId, RunId, ServiceId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

# -- what it bills -----------------------------------------------------------------------------


async def test_a_due_period_becomes_an_invoice_in_advance(books: Any) -> None:
    sold = await books.subscribe()
    report = await books.run("2026-01")
    (invoice,) = books.invoices()
    assert (invoice.number, invoice.status, invoice.gross_cents) == (
        "SCAI-2026-000001",
        InvoiceStatus.FINALIZED,
        24079,
    )
    (line,) = invoice.document["lines"]
    assert (line["description"], line["quantity"], line["unit_code"]) == ("ScaiKey Pro", "1", "MON")
    assert (line["period_start"], line["period_end"], line["plan_key"]) == ("2026-01-15", "2026-02-15", "scaikey.pro")
    assert books.billed() == [("2026-01-15", "2026-02-15", 19900)]
    assert (report.totals.invoices, report.totals.lines, report.totals.tenants) == (1, 1, 1)
    assert (report.totals.net_cents, report.totals.tax_cents, report.totals.gross_cents) == (19900, 4179, 24079)
    assert report.totals.failures == ()
    assert "subscription.billed" in books.log_of(sold.id)
    assert books.log_of(invoice.id) == ["invoice.finalized"]


async def test_a_run_keeps_a_record_of_itself(books: Any) -> None:
    await books.subscribe()
    report = await books.run("2026-01")
    told = await books.world.use(GetBillingRun)(books.admin, report.run.id)
    stored = told.run
    assert (stored.status, stored.totals, stored.finished_at) == (
        RunStatus.COMPLETED,
        report.totals,
        books.world.clock.now(),
    )
    assert (told.totals, told.progress) == (report.totals, report.progress)
    assert (told.progress.pages, told.progress.finished, told.progress.taken_over) == (2, 2, 0)  # customers, closing
    assert [(each.finished, each.tenants, each.invoices) for each in told.progress.workers] == [(2, 1, 1)]
    assert books.log_of(stored.id) == ["billing_run.started", "billing_run.finished"]
    with pytest.raises(NotFound):
        await books.world.use(GetBillingRun)(books.admin, RunId("run_nothing"))


async def test_a_second_run_is_a_quiet_no_op(books: Any) -> None:
    await books.subscribe()
    await books.run("2026-01")
    before = (books.documents(), books.billed())
    report = await books.run("2026-01")
    assert (books.documents(), books.billed()) == before
    assert (report.totals.invoices, report.totals.tenants) == (0, 0)


async def test_months_are_billed_one_after_the_other_or_all_at_once(books: Any) -> None:
    await books.subscribe(start_date=date(2025, 12, 31))
    books.at(2026, 4, 30)
    for month in ("2025-12", "2026-01", "2026-02"):
        await books.run(month)
    assert [start for start, _, _ in books.billed()] == ["2025-12-31", "2026-01-31", "2026-02-28"]
    await books.run("2026-04")
    assert [start for start, _, _ in books.billed()][3:] == ["2026-03-31", "2026-04-30"]
    assert [len(each.lines) for each in books.invoices()] == [1, 1, 1, 2]
    assert {each.issue_date for each in books.invoices()} == {date(2026, 4, 30)}


async def test_nothing_is_billed_before_its_day(books: Any) -> None:
    await books.subscribe()
    await books.run("2026-01")
    books.at(2026, 2, 14)
    assert (await books.run("2026-02")).totals.invoices == 0
    assert (await books.run("2026-12")).totals.invoices == 0  # a month to come reaches to today only
    books.at(2026, 2, 15)
    assert (await books.run("2026-02")).totals.invoices == 1


async def test_today_is_the_sellers_today(books: Any) -> None:
    await books.subscribe(start_date=date(2026, 1, 1))
    await books.run("2026-01")
    books.world.clock.set(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))  # 1 February in Amsterdam
    assert (await books.run("2026-02")).totals.invoices == 1


async def test_a_customer_gets_one_invoice_for_all_it_has(books: Any) -> None:
    service = builders.new_service(ServiceId("svc_2"), "scaisend", name="ScaiSend")
    await books.world.keep(
        service, builders.new_plan(PlanId("pln_send"), (service.id, "scaisend"), base_price_cents=9900)
    )
    await books.subscribe(start_date=date(2026, 1, 1))
    await books.subscribe(plan_key="scaisend.pro", quantity=3)
    await books.run("2026-01")
    (invoice,) = books.invoices()
    assert [(line.description, line.net_cents) for line in invoice.lines] == [
        ("ScaiKey Pro", 19900),
        ("ScaiSend Pro", 29700),
    ]
    assert (invoice.period.start, invoice.period.end) == (date(2026, 1, 1), date(2026, 2, 15))


async def test_a_price_counts_from_the_next_cycle_and_never_for_what_is_finalized(books: Any) -> None:
    await books.subscribe()
    await books.run("2026-01")
    first = books.documents()[0]
    async with books.world.work.begin(books.admin) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(builders.plan_terms(base_price_cents=29900), books.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    books.at(2026, 2, 15)
    await books.run("2026-02")
    assert books.documents()[0] == first
    assert [net for _, _, net in books.billed()] == [19900, 29900]


@pytest.mark.parametrize(
    ("cadence", "unit"),
    [
        (Cadence.DAILY, "DAY"),
        (Cadence.WEEKLY, "WEE"),
        (Cadence.MONTHLY, "MON"),
        (Cadence.QUARTERLY, "C62"),
        (Cadence.YEARLY, "ANN"),
    ],
)
async def test_each_cadence_is_billed_in_its_own_unit(books: Any, cadence: Cadence, unit: str) -> None:
    await books.subscribe(plan_key=await books.plan(cadence.value, billing_period=cadence))
    await books.run("2026-01")
    assert books.invoices()[0].lines[0].unit_code == unit


async def test_a_one_time_plan_is_charged_once_in_a_life(books: Any) -> None:
    await books.subscribe(plan_key=await books.plan("setup", billing_period=Cadence.ONE_TIME, base_price_cents=75000))
    await books.run("2026-01")
    books.at(2027, 1, 15)
    await books.run("2027-01")
    (invoice,) = books.invoices()
    assert (invoice.lines[0].period, invoice.period, invoice.net_cents) == (None, None, 75000)


async def test_who_was_sold_a_long_daily_past_gets_invoices_of_a_readable_length(books: Any) -> None:
    daily = await books.plan("daily", billing_period=Cadence.DAILY, base_price_cents=100)
    start = date(2026, 1, 15) - timedelta(days=MAX_LINES + 4)
    sold = await books.subscribe(plan_key=daily, start_date=start)
    await books.run("2026-01")
    assert [len(each.lines) for each in books.invoices()] == [MAX_LINES, 5]
    assert len(books.ledger()) == MAX_LINES + 5
    assert (await books.run("2026-01")).totals.invoices == 0
    async with books.world.work.begin(books.admin, read_only=True) as work:
        assert (await work.subscriptions.get(sold.id)).next_billing_on == date(2026, 1, 16)


# -- trials, ends, pauses ----------------------------------------------------------------------


async def test_a_trial_is_free_and_what_follows_is_not(books: Any) -> None:
    await books.subscribe(plan_key=await books.plan("starter", trial_days=14))
    assert (await books.run("2026-01")).totals.tenants == 0
    books.at(2026, 2, 10)
    await books.world.use(ReapSubscriptions)(books.admin)
    await books.run("2026-02")
    assert books.billed() == [("2026-01-29", "2026-02-28", 19900)]


async def test_what_is_cancelled_at_the_period_end_is_billed_no_further(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    await books.world.use(CancelSubscription)(books.admin, sold.id)
    books.at(2026, 6, 1)
    await books.run("2026-06")  # before the reaper
    await books.world.use(ReapSubscriptions)(books.admin)
    await books.run("2026-06")  # and after it
    assert books.billed() == [("2026-01-15", "2026-02-15", 19900)]


async def test_what_began_before_a_sudden_end_is_still_owed(books: Any) -> None:
    sold = await books.subscribe()
    books.at(2026, 1, 20)
    await books.world.use(CancelSubscription)(books.admin, sold.id, immediate=True)
    books.at(2026, 3, 1)
    await books.run("2026-03")
    assert books.billed() == [("2026-01-15", "2026-02-15", 19900)]


@pytest.mark.parametrize(("quantity", "net"), [(1, 12839), (3, 38516), (1000, 12838710)])
async def test_a_resumed_subscription_pays_the_rest_by_days(books: Any, quantity: int, net: int) -> None:
    sold = await books.subscribe(start_date=date(2026, 1, 1), quantity=quantity)
    await books.run("2026-01")
    await books.world.use(SuspendSubscription)(books.admin, sold.id)
    books.at(2026, 3, 12)
    await books.world.use(ResumeSubscription)(books.admin, sold.id)
    await books.run("2026-03")
    # 20 of March's 31 days, rounded once for all units; February never.
    assert books.billed()[1:] == [("2026-03-12", "2026-04-01", net)]
    line = books.invoices()[1].document["lines"][0]
    assert (line["quantity"], line["unit_code"]) == (str(20 * quantity), "DAY")
    assert (line["unit_price_cents"], line["price_divisor"], line["net_cents"]) == ("19900", 31, net)
    assert (line["period_start"], line["period_end"]) == ("2026-03-12", "2026-04-01")
    books.at(2026, 4, 1)
    await books.run("2026-04")
    assert books.billed()[2:] == [("2026-04-01", "2026-05-01", 19900 * quantity)]


async def test_a_suspended_subscription_is_not_billed(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    await books.world.use(SuspendSubscription)(books.admin, sold.id)
    books.at(2026, 12, 1)
    assert (await books.run("2026-12")).totals.tenants == 0


async def test_a_new_cadence_is_billed_where_the_old_one_ended(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    yearly = await books.plan("yearly", billing_period=Cadence.YEARLY, base_price_cents=199000)
    await books.world.use(OverrideSubscription)(books.admin, sold.id, plan_key=yearly)
    books.at(2027, 3, 1)
    await books.run("2027-03")
    assert books.billed() == [
        ("2026-01-15", "2026-02-15", 19900),
        ("2026-02-15", "2027-02-15", 199000),
        ("2027-02-15", "2028-02-15", 199000),
    ]


# -- nothing to pay ----------------------------------------------------------------------------


async def test_what_costs_nothing_is_noted_and_not_invoiced(books: Any) -> None:
    await books.subscribe(plan_key=await books.plan("free", base_price_cents=0))
    report = await books.run("2026-01")
    assert (report.totals.invoices, report.totals.tenants) == (0, 1)
    assert books.invoices() == []
    (entry,) = books.ledger()
    assert (entry.net_cents, entry.invoice_id) == (0, None)
    assert (await books.run("2026-01")).totals.tenants == 0


async def test_unless_the_seller_wants_it_on_paper(books: Any) -> None:
    await books.configure(zero_amount_invoices=True)
    await books.subscribe(plan_key=await books.plan("free", base_price_cents=0))
    await books.run("2026-01")
    (invoice,) = books.invoices()
    assert (invoice.number, invoice.gross_cents) == ("SCAI-2026-000001", 0)


# -- drafts, dry runs, one tenant --------------------------------------------------------------


async def test_a_seller_may_look_at_its_drafts_first(books: Any) -> None:
    await books.configure(auto_finalize=False)
    await books.subscribe()
    report = await books.run("2026-01")
    (draft,) = books.invoices()
    assert (draft.status, draft.number, draft.net_cents) == (InvoiceStatus.DRAFT, None, 19900)
    assert (report.totals.invoices, report.totals.drafts) == (0, 1)
    assert "number_series" not in books.world.store.tables
    assert books.log_of(draft.id) == ["invoice.drafted"]
    assert (await books.run("2026-01")).totals.drafts == 0
    assert (await books.finalize(draft.id)).number == "SCAI-2026-000001"


async def test_a_voided_draft_of_a_run_is_a_gift(books: Any) -> None:
    await books.configure(auto_finalize=False)
    await books.subscribe()
    await books.run("2026-01")
    _, warning = await books.world.use(VoidInvoice)(books.admin, books.invoices()[0].id, "goodwill")
    assert warning == PERIODS_STAY_BILLED
    assert (await books.run("2026-01")).totals.drafts == 0


async def test_a_dry_run_writes_nothing_and_says_what_would_be(books: Any) -> None:
    await books.customers(3)
    before = repr((books.world.store.tables, books.world.store.audit, books.world.store.outbox))
    report = await books.run("2026-01", dry_run=True)
    assert repr((books.world.store.tables, books.world.store.audit, books.world.store.outbox)) == before
    assert report.run is None
    assert [(each.tenant_id, each.gross_cents, each.currency, each.lines) for each in report.previews] == [
        (f"tnt_c{number:03}", 24079, "EUR", 1) for number in range(3)
    ]
    real = await books.run("2026-01")
    assert real.totals == report.totals


async def test_a_dry_run_lists_failures_too(books: Any) -> None:
    await books.subscribe()
    await books.configure(seller_city=None)
    report = await books.run("2026-01", dry_run=True)
    assert [(each.tenant_id, each.code) for each in report.totals.failures] == [(TENANT_ID, "seller_not_billable")]


async def test_one_customer_can_be_billed_alone(books: Any) -> None:
    first, second = await books.customers(2)
    assert (await books.run("2026-01", tenant_id=second)).totals.invoices == 1
    assert [each.tenant_id for each in books.invoices()] == [second]
    with pytest.raises(NotFound):
        await books.run("2026-01", tenant_id=TenantId("tnt_nobody"))
    await books.run("2026-01")
    assert {each.tenant_id for each in books.invoices()} == {first, second}


async def test_progress_is_told_page_by_page(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 2)
    await books.customers(5)
    told: list[tuple[int, int, int]] = []
    await books.run("2026-01", on_progress=lambda seen, due, totals: told.append((seen, due, totals.invoices)))
    assert told == [(2, 5, 2), (4, 5, 4), (5, 5, 5)]


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-00", "26-01", "2026-1", "1999-12", "2026-01-01", ""])
def test_a_month_is_a_month(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_month(text)
    assert (refused.value.code, refused.value.fields[0].pointer) == ("period_invalid", "/period")


# -- sellers and scopes ------------------------------------------------------------------------


async def test_each_seller_bills_in_its_own_series(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    passing = await books.reseller("prt_pass", "PASS")
    for tenant in ("tnt_whole", "tnt_pass"):
        await books.subscribe(await books.customer(tenant, whole if tenant == "tnt_whole" else passing))
    await books.subscribe()
    await books.run("2026-01")
    assert {each.tenant_id: each.number for each in books.invoices()} == {
        TENANT_ID: "SCAI-2026-000001",
        "tnt_pass": "SCAI-2026-000002",
        "tnt_whole": "WHOLE-2026-000001",
    }
    assert await books.faults() == []


async def test_a_wholesale_reseller_runs_its_own_billing_and_no_other(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    await books.subscribe(await books.customer("tnt_whole", whole))
    await books.subscribe()
    wilma = Actor.partner_admin("wilma", whole)
    report = await books.run("2026-01", actor=wilma)
    assert books.numbers() == ["WHOLE-2026-000001"]
    assert report.run.partner_id == whole
    assert (await books.world.use(GetBillingRun)(wilma, report.run.id)).run.id == report.run.id
    platform_run = await books.run("2026-01")
    with pytest.raises(NotFound):
        await books.world.use(GetBillingRun)(wilma, platform_run.run.id)


async def test_a_reseller_that_passes_through_runs_nothing(books: Any) -> None:
    passing = await books.reseller("prt_pass", "PASS")
    await books.subscribe(await books.customer("tnt_pass", passing))
    with pytest.raises(Forbidden) as refused:
        await books.run("2026-01", actor=Actor.partner_admin("rita", passing))
    assert refused.value.code == "not_your_series"
    assert "billing_runs" not in books.world.store.tables


async def test_a_seller_without_a_name_is_listed_not_forgotten(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale", legal_name=None)
    theirs = await books.customer("tnt_whole", whole)
    await books.subscribe(theirs)
    await books.subscribe()
    report = await books.run("2026-01")
    assert books.numbers() == ["SCAI-2026-000001"]
    assert [(each.tenant_id, each.code) for each in report.totals.failures] == [(theirs, "seller_not_billable")]


async def test_nobody_runs_what_they_may_not(books: Any) -> None:
    with pytest.raises(Forbidden):
        await books.run("2026-01", actor=Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN))
    with pytest.raises(Forbidden):
        await books.world.use(SummarizeInvoices)(Actor.anonymous())

"""The billing run: everything due, once, whatever happens to the run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.billing_run import RunStatus, parse_month
from scaicontrol_core.billing.invoice import MAX_LINES
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.get_billing_run import GetBillingRun
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound, Retryable
from scaicontrol_core.kernel.ids import PlanId, RunId, ServiceId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed


def documents(books: Any) -> list[str]:
    """All frozen documents, by number."""
    return [each.frozen_document for each in sorted(books.invoices(), key=lambda row: row.number)]


def billed(books: Any) -> list[tuple[str, str, int]]:
    """What the ledger charges, as (start, end, net)."""
    return [
        (entry.period_start.isoformat(), entry.period_end.isoformat(), entry.net_cents)
        for entry in sorted(books.ledger(), key=lambda entry: (entry.subscription_id, entry.ordinal))
    ]


async def customers(books: Any, count: int, **details: Any) -> list[TenantId]:
    """Take on customers and put each on the plan today."""
    found = [await books.customer(f"tnt_c{number:03}", **details) for number in range(count)]
    for tenant_id in found:
        await books.subscribe(tenant_id)
    return found


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
    assert billed(books) == [("2026-01-15", "2026-02-15", 19900)]
    assert (report.totals.invoices, report.totals.lines, report.totals.tenants) == (1, 1, 1)
    assert (report.totals.net_cents, report.totals.tax_cents, report.totals.gross_cents) == (19900, 4179, 24079)
    assert report.totals.failures == ()
    assert "subscription.billed" in books.log_of(sold.id)
    assert books.log_of(invoice.id) == ["invoice.finalized"]


async def test_a_run_keeps_a_record_of_itself(books: Any) -> None:
    await books.subscribe()
    report = await books.run("2026-01")
    stored = await books.world.use(GetBillingRun)(books.admin, report.run.id)
    assert (stored.status, stored.totals, stored.finished_at) == (
        RunStatus.COMPLETED,
        report.totals,
        books.world.clock.now(),
    )
    assert books.log_of(stored.id) == ["billing_run.started", "billing_run.finished"]
    with pytest.raises(NotFound):
        await books.world.use(GetBillingRun)(books.admin, RunId("run_nothing"))


async def test_a_second_run_is_a_quiet_no_op(books: Any) -> None:
    await books.subscribe()
    await books.run("2026-01")
    before = (documents(books), billed(books))
    report = await books.run("2026-01")
    assert (documents(books), billed(books)) == before
    assert (report.totals.invoices, report.totals.tenants) == (0, 0)


async def test_months_are_billed_one_after_the_other_or_all_at_once(books: Any) -> None:
    await books.subscribe(start_date=date(2025, 12, 31))
    books.at(2026, 4, 30)
    for month in ("2025-12", "2026-01", "2026-02"):
        await books.run(month)
    assert [start for start, _, _ in billed(books)] == ["2025-12-31", "2026-01-31", "2026-02-28"]
    await books.run("2026-04")
    assert [start for start, _, _ in billed(books)][3:] == ["2026-03-31", "2026-04-30"]
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
    first = documents(books)[0]
    async with books.world.work.begin(books.admin) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(builders.plan_terms(base_price_cents=29900))
        await work.plans.save(plan)
        await work.commit()
    books.at(2026, 2, 15)
    await books.run("2026-02")
    assert documents(books)[0] == first
    assert [net for _, _, net in billed(books)] == [19900, 29900]


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
    assert billed(books) == [("2026-01-29", "2026-02-28", 19900)]


async def test_what_is_cancelled_at_the_period_end_is_billed_no_further(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    await books.world.use(CancelSubscription)(books.admin, sold.id)
    books.at(2026, 6, 1)
    await books.run("2026-06")  # before the reaper
    await books.world.use(ReapSubscriptions)(books.admin)
    await books.run("2026-06")  # and after it
    assert billed(books) == [("2026-01-15", "2026-02-15", 19900)]


async def test_what_began_before_a_sudden_end_is_still_owed(books: Any) -> None:
    sold = await books.subscribe()
    books.at(2026, 1, 20)
    await books.world.use(CancelSubscription)(books.admin, sold.id, immediate=True)
    books.at(2026, 3, 1)
    await books.run("2026-03")
    assert billed(books) == [("2026-01-15", "2026-02-15", 19900)]


@pytest.mark.parametrize(("quantity", "net"), [(1, 12839), (3, 38516), (1000, 12838710)])
async def test_a_resumed_subscription_pays_the_rest_by_days(books: Any, quantity: int, net: int) -> None:
    sold = await books.subscribe(start_date=date(2026, 1, 1), quantity=quantity)
    await books.run("2026-01")
    await books.world.use(SuspendSubscription)(books.admin, sold.id)
    books.at(2026, 3, 12)
    await books.world.use(ResumeSubscription)(books.admin, sold.id)
    await books.run("2026-03")
    # 20 of March's 31 days, rounded once for all units; February never.
    assert billed(books)[1:] == [("2026-03-12", "2026-04-01", net)]
    line = books.invoices()[1].document["lines"][0]
    assert (line["quantity"], line["unit_code"]) == (str(20 * quantity), "DAY")
    assert (line["unit_price_cents"], line["price_divisor"], line["net_cents"]) == ("19900", 31, net)
    assert (line["period_start"], line["period_end"]) == ("2026-03-12", "2026-04-01")
    books.at(2026, 4, 1)
    await books.run("2026-04")
    assert billed(books)[2:] == [("2026-04-01", "2026-05-01", 19900 * quantity)]


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
    assert billed(books) == [
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
    await books.world.use(VoidInvoice)(books.admin, books.invoices()[0].id, "goodwill")
    assert (await books.run("2026-01")).totals.drafts == 0


async def test_a_dry_run_writes_nothing_and_says_what_would_be(books: Any) -> None:
    await customers(books, 3)
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
    first, second = await customers(books, 2)
    assert (await books.run("2026-01", tenant_id=second)).totals.invoices == 1
    assert [each.tenant_id for each in books.invoices()] == [second]
    with pytest.raises(NotFound):
        await books.run("2026-01", tenant_id=TenantId("tnt_nobody"))
    await books.run("2026-01")
    assert {each.tenant_id for each in books.invoices()} == {first, second}


async def test_progress_is_told_page_by_page(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.use_cases.run_billing.PAGE", 2)
    await customers(books, 5)
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
    assert (await books.world.use(GetBillingRun)(wilma, report.run.id)).id == report.run.id
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


# -- failures ----------------------------------------------------------------------------------


async def test_one_customers_failure_stops_no_other(books: Any) -> None:
    first, second, third, fourth = await customers(books, 4)
    dollars = await books.plan("dollars", currency="USD")
    async with books.world.work.begin(books.admin) as work:
        for number, tenant in enumerate((second, third)):
            sold = await work.subscriptions.find_live(tenant, builders.SERVICE_ID)
            sold.plan_id = PlanId("pln_gone") if number else PlanId("pln_dollars")
            await work.subscriptions.save(sold)
        await work.commit()
    del books.world.store.tables["billing_profiles"][fourth]
    report = await books.run("2026-01")
    assert dollars == "scaikey.dollars"
    assert [each.tenant_id for each in books.invoices()] == [first]
    assert [(each.tenant_id, each.code) for each in report.totals.failures] == [
        (second, "currency_unsupported"),
        (third, "plan_not_found"),
        (fourth, "billing_profile_required"),
    ]
    assert report.totals.tenants == 4
    assert report.run.totals.failures == report.totals.failures


async def test_what_failed_is_billed_once_it_is_mended(books: Any) -> None:
    await books.subscribe()
    await books.configure(seller_city=None)
    assert (await books.run("2026-01")).totals.failures[0].code == "seller_not_billable"
    await books.configure(seller_city="Amsterdam")
    assert (await books.run("2026-01")).totals.invoices == 1


async def poison(books: Any, tenant_id: TenantId) -> None:
    """Leave an entry in the ledger that the schedule does not know of: the page fails when it is written."""
    async with books.world.work.begin(books.admin) as work:
        sold = await work.subscriptions.find_live(tenant_id, builders.SERVICE_ID)
        entry = BilledPeriod(
            subscription_id=sold.id,
            ordinal=0,
            charge_kind=ChargeKind.RECURRING,
            partner_id=sold.partner_id,
            tenant_id=sold.tenant_id,
            period_start=date(2026, 1, 15),
            period_end=date(2026, 2, 15),
            net_cents=1,
            currency="EUR",
            invoice_id=None,
            run_id=RunId("run_other"),
            billed_at=books.world.clock.now(),
        )
        await work.billed_periods.add_many([entry])
        await work.commit()


async def test_one_who_spoils_a_page_is_found_and_the_page_is_billed(
    books: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.use_cases.run_billing.PAGE", 3)
    tenants = await customers(books, 7)
    await poison(books, tenants[1])
    await poison(books, tenants[6])
    report = await books.run("2026-01")
    assert [(each.tenant_id, each.code) for each in report.totals.failures] == [
        (tenants[1], "period_already_billed"),
        (tenants[6], "period_already_billed"),
    ]
    assert [each.tenant_id for each in books.invoices()] == [t for t in tenants if t not in {tenants[1], tenants[6]}]
    assert (report.totals.tenants, report.totals.invoices) == (7, 5)
    assert await books.faults() == []


async def test_a_database_that_gives_up_is_asked_again(books: Any) -> None:
    await customers(books, 3)
    refusals = iter([True, False, True, False])

    async def moody(_: int) -> None:
        if next(refusals, False):
            raise Retryable("deadlock")

    report = await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=moody)})
    assert report.totals.invoices == 3
    assert books.numbers() == ["SCAI-2026-000001", "SCAI-2026-000002", "SCAI-2026-000003"]
    assert books.log_of(report.run.id) == ["billing_run.started", "billing_run.finished"]


async def test_a_database_that_gives_up_for_good_leaves_the_rest_to_the_next_run(books: Any) -> None:
    await customers(books, 2)

    async def never(number: int) -> None:
        if number > 1:
            raise Retryable("deadlock")

    with pytest.raises(Retryable):
        await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=never)})
    assert books.invoices() == []
    assert (await books.run("2026-01")).totals.invoices == 2


# -- crashes and rivals ------------------------------------------------------------------------


async def world_to_bill(books_of: Any) -> Any:
    books = await books_of()
    await customers(books, 5)
    await books.subscribe(start_date=date(2025, 11, 15))
    return books


@pytest.fixture
def books_of(books: Any) -> Any:
    """Make another world like the first, so that two histories can be compared."""
    kind = type(books)

    async def another() -> Any:
        return kind(await type(books.world).with_one_customer())

    return another


async def test_killed_at_any_commit_and_run_again_the_documents_are_the_same(
    books_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.use_cases.run_billing.PAGE", 2)
    undisturbed = await world_to_bill(books_of)
    await undisturbed.run("2026-01")
    expected = (documents(undisturbed), billed(undisturbed))
    assert len(expected[0]) == 6
    for commit in range(1, 6):  # the run's record, three pages, its end
        for when in ("kill_before", "kill_after"):
            books = await world_to_bill(books_of)
            dying = FaultyWork(books.world.work)
            setattr(dying, when, commit)
            with pytest.raises(Killed):
                await books.run("2026-01", ports={"work": dying})
            await books.run("2026-01")
            assert (documents(books), billed(books)) == expected, f"{when} {commit}"
            assert await books.faults() == []


async def test_two_runs_at_once_share_the_work(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.use_cases.run_billing.PAGE", 2)
    await customers(books, 6)
    rivals: list[int] = []

    async def a_rival_runs(number: int) -> None:
        if number == 3:  # between the first page and the second
            rivals.append((await books.run("2026-01")).totals.invoices)

    report = await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=a_rival_runs)})
    assert rivals == [4]
    assert report.totals.invoices == 2
    assert report.totals.failures == ()
    assert books.numbers() == [f"SCAI-2026-{number:06}" for number in range(1, 7)]
    assert len(books.ledger()) == 6
    assert await books.faults() == []


async def test_a_customer_who_cancels_during_the_run_is_read_again(books: Any) -> None:
    sold = await books.subscribe()
    done = False

    async def customer_cancels(number: int) -> None:
        nonlocal done
        if number == 2 and not done:
            done = True
            await books.world.use(CancelSubscription)(books.admin, sold.id, immediate=True)

    report = await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=customer_cancels)})
    assert done
    assert (report.totals.invoices, books.invoices(), books.ledger()) == (0, [], [])  # cancelled on its first day


# -- what it adds up to ------------------------------------------------------------------------


async def test_sums_by_country_category_and_rate(books: Any) -> None:
    details = {"is_business": False, "vat_number": None}
    await books.customer("tnt_be", country_code="BE", **details)
    await books.customer("tnt_us", country_code="US", **details)
    for tenant in (TENANT_ID, TenantId("tnt_be"), TenantId("tnt_us")):
        await books.subscribe(tenant)
    await books.configure(oss_registered=True)
    report = await books.run("2026-01")
    groups = [(each.country, each.category, each.rate, each.net_cents, each.tax_cents) for each in report.totals.vat]
    assert groups == [
        ("BE", "S", "21.00", 19900, 4179),
        ("NL", "S", "21.00", 19900, 4179),
        ("US", "G", "0.00", 19900, 0),
    ]
    summary = await books.world.use(SummarizeInvoices)(books.admin)
    assert (summary.invoices, summary.vat) == (3, report.totals.vat)
    assert (summary.net_cents, summary.tax_cents, summary.gross_cents) == (59700, 8358, 68058)
    assert summary.by_pdf_status == {"pending": 3}


async def test_a_summary_counts_neither_drafts_nor_what_is_void(books: Any) -> None:
    kept, voided = await books.issue(), await books.issue()
    await books.draft()
    await books.world.use(VoidInvoice)(books.admin, voided.id, "wrong customer")
    summary = await books.world.use(SummarizeInvoices)(books.admin)
    assert (summary.invoices, summary.gross_cents) == (1, kept.gross_cents)


async def test_a_summary_reads_every_page(books: Any) -> None:
    for _ in range(203):
        await books.issue()
    summary = await books.world.use(SummarizeInvoices)(books.admin)
    assert (summary.invoices, summary.net_cents) == (203, 203 * 37500)


async def test_a_summary_is_of_ones_own(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    await books.issue(tenant_id=await books.customer("tnt_whole", whole))
    await books.issue()
    assert (await books.world.use(SummarizeInvoices)(Actor.partner_admin("wilma", whole))).invoices == 1

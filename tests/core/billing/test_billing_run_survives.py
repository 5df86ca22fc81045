"""The billing run, whatever happens to it: bad customers, crashes, rivals, a database that gives up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.run_report import RunReport
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import PlanId, RunId, TenantId
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.faults import FaultyWork, Killed

# -- failures ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("set_up_by_hand")
async def test_one_customers_failure_stops_no_other(books: Any) -> None:
    first, second, third, fourth = await books.customers(4)
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
        (second, "exchange_rate_missing"),
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
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 3)
    tenants = await books.customers(7)
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
    await books.customers(3)
    refusals = iter([True, False, True, False])

    async def moody(_: int) -> None:
        if next(refusals, False):
            raise Retryable("deadlock")

    report = await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=moody)})
    assert report.totals.invoices == 3
    assert books.numbers() == ["SCAI-2026-000001", "SCAI-2026-000002", "SCAI-2026-000003"]
    assert books.log_of(report.run.id) == ["billing_run.started", "billing_run.finished"]


async def test_a_database_that_gives_up_for_good_leaves_the_rest_to_the_next_run(books: Any) -> None:
    await books.customers(2)

    async def never(number: int) -> None:
        if number > 1:
            raise Retryable("deadlock")

    with pytest.raises(Retryable):
        await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=never)})
    assert books.invoices() == []
    assert (await books.run("2026-01")).totals.invoices == 2


@pytest.mark.parametrize("lost", ["lose_before", "lose_after"])
@pytest.mark.parametrize("commit", range(1, 11))
async def test_a_commit_that_nobody_answered_is_looked_up(
    books: Any, monkeypatch: pytest.MonkeyPatch, lost: str, commit: int
) -> None:
    """Written or not, it is counted once, and no customer is reported for it."""
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 2)
    await books.customers(6)

    faulty = FaultyWork(books.world.work)
    setattr(faulty, lost, commit)

    report = await books.run("2026-01", ports={"work": faulty})

    assert (report.totals.tenants, report.totals.invoices, report.totals.failures) == (6, 6, ())
    assert report.totals.gross_cents == 6 * 24079
    assert books.numbers() == [f"SCAI-2026-{number:06}" for number in range(1, 7)]
    assert await books.faults() == []


# -- crashes and rivals ------------------------------------------------------------------------


async def world_to_bill(books_of: Any) -> Any:
    books = await books_of()
    await books.customers(5)
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
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 2)
    undisturbed = await world_to_bill(books_of)
    await undisturbed.run("2026-01")
    expected = (undisturbed.documents(), undisturbed.billed())
    assert len(expected[0]) == 6
    for commit in range(1, 11):  # the run's record, each page's claim and its bills, the closing, the end
        for when in ("kill_before", "kill_after"):
            books = await world_to_bill(books_of)
            dying = FaultyWork(books.world.work)
            setattr(dying, when, commit)
            with pytest.raises(Killed):
                await books.run("2026-01", ports={"work": dying})
            books.world.clock.advance(minutes=2)  # the lease of the dead is over
            report = await books.run("2026-01")
            assert (books.documents(), books.billed()) == expected, f"{when} {commit}"
            over = when == "kill_after" and commit == 10  # it had come to its end: this was another one
            assert report.totals.invoices == (0 if over else 6)
            assert await books.faults() == []


@pytest.mark.parametrize("moment", range(2, 11))
async def test_two_workers_share_a_run(books: Any, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    """The second comes at any moment, and even thinks that the first is dead: it takes over what that one has."""
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 2)
    await books.customers(6)
    rivals: list[RunReport] = []

    async def a_rival_runs(number: int) -> None:
        if number == moment:
            rivals.append(await books.run("2026-01"))

    report = await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=a_rival_runs)})
    (rival,) = rivals
    assert rival.run is not None
    assert report.run is not None
    assert rival.run.id == report.run.id
    assert rival.totals == report.totals
    assert (report.totals.tenants, report.totals.invoices, report.totals.failures) == (6, 6, ())
    assert books.log_of(report.run.id) == ["billing_run.started", "billing_run.finished"]
    assert books.numbers() == [f"SCAI-2026-{number:06}" for number in range(1, 7)]
    assert len(books.ledger()) == 6
    assert await books.faults() == []


async def test_a_customer_who_cancels_during_the_run_is_read_again(books: Any) -> None:
    sold = await books.subscribe()
    done = False

    async def customer_cancels(number: int) -> None:
        nonlocal done
        if number == 3 and not done:  # the page is claimed; now it is billed
            done = True
            await books.world.use(CancelSubscription)(books.admin, sold.id, immediate=True)

    report = await books.run("2026-01", ports={"work": FaultyWork(books.world.work, meanwhile=customer_cancels)})
    assert done
    assert (report.totals.invoices, books.invoices(), books.ledger()) == (0, [], [])  # cancelled on its first day


@pytest.mark.parametrize("mended", [True, False])
async def test_a_run_taken_up_on_a_later_day_looks_at_everybody_again(
    books: Any, monkeypatch: pytest.MonkeyPatch, *, mended: bool
) -> None:
    """Who failed is tried again and told of once; what fell due meanwhile is billed too."""
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 2)
    tenants = await books.customers(4)
    profiles = books.world.store.tables["billing_profiles"]
    missing = profiles.pop(tenants[0])
    with pytest.raises(Killed):
        await books.run("2026-01", ports={"work": FaultyWork(books.world.work, kill_after=4)})  # one page, one claim
    books.at(2026, 1, 20)
    await books.subscribe(start_date=date(2026, 1, 18))  # before all others
    if mended:
        profiles[tenants[0]] = missing
    report = await books.run("2026-01")
    failed = [] if mended else [(tenants[0], "billing_profile_required")]
    assert [(each.tenant_id, each.code) for each in report.totals.failures] == failed
    assert (report.totals.tenants, report.totals.invoices) == (5, 5 - len(failed))
    assert len(books.invoices()) == 5 - len(failed)
    assert len(books.log_of(report.run.id)) == 2
    assert await books.faults() == []

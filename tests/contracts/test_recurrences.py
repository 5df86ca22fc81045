"""What every store promises of the history of what recurs, and of the pages that workers of a billing run share."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import asdict, evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import BillingRun, RunTotals, TenantFailure, parse_month
from scaicontrol_core.billing.run_page import RunPage
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, Retryable, Stale
from scaicontrol_core.kernel.ids import PackId, PartnerId, PlanId, RunId, TenantId
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions import BillingSchedule
from scaicontrol_core.subscriptions.legs import Leg
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.recurrence import Recurrence, RecurrenceRow, SoldPack
from scaicontrol_core.subscriptions.schedule import Pause
from scaicontrol_core.subscriptions.terms import Accrual, Terms
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

BOSS = Actor.system("keeper")
NOW = datetime(2026, 1, 15, 12, 30, 15, 250_000, tzinfo=UTC)
RIVAL, THEIRS = PartnerId("prt_rival"), TenantId("tnt_theirs")
WHOLE = Recurrence(
    schedule=BillingSchedule(
        anchor=date(2026, 1, 31),
        cadence=Cadence.YEARLY,
        anchor_ordinal=3,
        next_ordinal=2,
        until=date(2027, 1, 1),
        pauses=(Pause(date(2026, 2, 1), date(2026, 2, 3)), Pause(date(2026, 5, 1))),
        offset=2,
        earlier=(
            Leg(0, date(2026, 1, 1), Cadence.MONTHLY),
            Leg(2, date(2026, 3, 1), Cadence.WEEKLY, 0, date(2026, 3, 3)),
        ),
    ),
    activated_at=NOW,
    terms=(Terms(from_ordinal=0, plan_id=PlanId("pln_1"), plan_key="scaikey.pro", quantity=2),),
    accruing=Accrual(
        ordinal=1,
        plan_id=PlanId("pln_1"),
        plan_key="scaikey.pro",
        quantity=3,
        price_cents=100,
        divisor=86_400,
        currency="EUR",
    ),
)
PACKED = Recurrence(
    schedule=BillingSchedule(anchor=date(2026, 1, 31), cadence=Cadence.MONTHLY),
    activated_at=None,
    pack=SoldPack(pack_id=PackId("pck_1"), slug="all", cadence=Cadence.MONTHLY, currency="EUR"),
)


def row(number: int, tenant_id: TenantId = TENANT_ID, **fields: Any) -> RecurrenceRow:
    usual: dict[str, Any] = {
        "subscription_id": f"sub_{number}",
        "version": 1,
        "partner_id": OPERATOR_ID,
        "seller_id": OPERATOR_ID,
        "country": "NL",
        "day": date(2026, 1, number),
        "recorded_at": NOW,
        "recurrence": WHOLE,
    }
    return RecurrenceRow(tenant_id=tenant_id, **(usual | fields))


@pytest.fixture
async def books(work_factory: Any) -> Any:
    """Two partners, each with a customer."""
    async with work_factory.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(RIVAL, operator=False, name="Rival", invoice_number_prefix="RIV"))
        await work.tenants.add(builders.new_tenant())
        await work.tenants.add(builders.new_tenant(THEIRS, RIVAL, name="Theirs"))
        await work.billing_profiles.add(builders.new_profile())
        await work.services.add(builders.new_service())
        await work.plans.add(builders.new_plan())
        await work.commit()
    return work_factory


async def kept(books: Any, *rows: RecurrenceRow, actor: Actor = BOSS) -> None:
    async with books.begin(actor) as work:
        await work.recurrences.add_many(rows)
        await work.commit()


async def test_rows_come_back_as_they_were_tenant_by_tenant(books: Any) -> None:
    own = (row(1), row(1, version=2, day=date(2026, 1, 9), country=None, recurrence=PACKED), row(2))
    theirs = row(3, THEIRS, partner_id=RIVAL)
    await kept(books, *own, theirs)
    async with books.begin(BOSS, read_only=True) as work:
        find = work.recurrences.of_next_tenants
        asked: dict[str, Any] = {"partner_id": None, "before": date(2026, 2, 1), "after": None, "tenants": 10}
        assert tuple(await find(OPERATOR_ID, **asked)) == (*own, theirs)
        first = tuple(await find(OPERATOR_ID, **(asked | {"tenants": 1})))
        assert {each.tenant_id for each in first} == {min(TENANT_ID, THEIRS)}
        rest = tuple(await find(OPERATOR_ID, **(asked | {"after": first[-1].tenant_id})))
        assert (*first, *rest) == tuple(await find(OPERATOR_ID, **asked))
        assert tuple(await find(OPERATOR_ID, **(asked | {"before": date(2026, 1, 2)}))) == own[:1]
        assert tuple(await find(OPERATOR_ID, **(asked | {"partner_id": RIVAL}))) == (theirs,)
        assert tuple(await find(RIVAL, **asked)) == ()
        assert set(await work.recurrences.known({"sub_1", "sub_3", "sub_9"})) == {"sub_1", "sub_3"}


async def test_a_scope_reads_and_writes_its_own(books: Any) -> None:
    await kept(books, row(1), row(3, THEIRS, partner_id=RIVAL))
    async with books.begin(Actor.partner_admin("rita", RIVAL), read_only=True) as work:
        seen = await work.recurrences.of_next_tenants(
            OPERATOR_ID, partner_id=None, before=date(2026, 2, 1), after=None, tenants=10
        )
        assert [each.subscription_id for each in seen] == ["sub_3"]
        assert set(await work.recurrences.known({"sub_1", "sub_3"})) == {"sub_3"}
    with pytest.raises(OutOfScope):
        await kept(books, row(4), actor=Actor.partner_admin("rita", RIVAL))


async def test_every_change_writes_a_row_in_its_own_transaction(books: Any) -> None:
    world = MemoryWorld(work=books)
    world.clock.set(datetime(2026, 1, 15, 12, tzinfo=UTC))
    sold = await world.use(CreateSubscription)(BOSS, NewSubscription(TENANT_ID, "scaikey.pro"))
    change = SubscriptionChange(quantity=2, proration=Proration.NEXT_INVOICE)
    await world.use(ChangeSubscription)(BOSS, sold.id, change)
    async with books.begin(BOSS, read_only=True) as work:
        rows = await work.recurrences.of_next_tenants(
            OPERATOR_ID, partner_id=None, before=date(2030, 1, 1), after=None, tenants=10
        )
    assert [(each.subscription_id, each.country) for each in rows] == [(sold.id, "NL")] * len(rows)
    assert len({each.version for each in rows}) == len(rows) == 2
    (month,) = (await world.use(ReportRecurringRevenue)(BOSS, "2026-01")).months
    assert (month.new_cents, month.end_cents, month.customers_at_end) == (39800, 39800, 1)


# -- pages of runs ------------------------------------------------------------------------------


def page(number: int, **fields: Any) -> RunPage:
    usual: dict[str, Any] = {
        "seller_id": OPERATOR_ID,
        "cutoff": date(2026, 1, 15),
        "cursor": None,
        "upto": TENANT_ID,
        "tenants": 3,
        "worker": "w1",
        "workers": ("w1",),
        "claimed_at": NOW,
        "leased_until": NOW + timedelta(minutes=1),
    }
    return RunPage(id=f"rpg_{number}", run_id=RunId("run_1"), number=number, **(usual | fields))


async def begun(books: Any, **fields: Any) -> BillingRun:
    usual: dict[str, Any] = {"id": RunId("run_1"), "month": parse_month("2026-01"), "started_at": NOW}
    run = BillingRun(**(usual | fields))
    async with books.begin(BOSS) as work:
        run.start()
        await work.billing_runs.add(run)
        await work.commit()
    return run


async def written(books: Any, it: RunPage) -> None:
    async with books.begin(BOSS) as work:
        await (work.billing_runs.save_page(it) if it.version else work.billing_runs.add_page(it))
        await work.commit()


async def test_one_run_of_a_month_is_open(books: Any) -> None:
    run = await begun(books)
    key = run.open_key
    with pytest.raises(Conflict) as refused:
        await begun(books, id=RunId("run_2"))
    assert refused.value.code == "run_is_open"
    await begun(books, id=RunId("run_3"), tenant_id=TENANT_ID)
    await begun(books, id=RunId("run_4"), month=parse_month("2026-02"))
    async with books.begin(BOSS) as work:
        assert (await work.billing_runs.find_open(key)).id == run.id
        found = await work.billing_runs.lock(run.id)
        found.complete(RunTotals(), NOW)
        await work.billing_runs.save(found)
        await work.commit()
    async with books.begin(BOSS, read_only=True) as work:
        assert await work.billing_runs.find_open(key) is None
    await begun(books, id=RunId("run_2"))
    async with books.begin(BOSS) as work:
        with pytest.raises(NotFound):
            await work.billing_runs.lock(RunId("run_nothing"))


async def test_pages_come_back_as_they_were(books: Any) -> None:
    await begun(books)
    failure = TenantFailure(tenant_id=TENANT_ID, code="billing_profile_required", message="None — yet.")
    full = page(
        2,
        cursor=TENANT_ID,
        workers=("w1", "w2"),
        worker="w2",
        finished_at=NOW,
        cutoff=date(2026, 1, 16),
        totals=RunTotals(invoices=2, failures=(failure,)),
    )
    async with books.begin(BOSS) as work:
        await work.billing_runs.add_page(page(1))
        await work.billing_runs.add_page(full)
        await work.commit()
    async with books.begin(BOSS, read_only=True) as work:
        runs, run_id = work.billing_runs, RunId("run_1")
        assert [each.id for each in await runs.pages(run_id)] == ["rpg_1", "rpg_2"]
        assert [each.id for each in await runs.unfinished_pages(run_id)] == ["rpg_1"]
        assert await runs.count_pages(run_id) == 2
        assert (await runs.last_page(run_id, OPERATOR_ID, date(2026, 1, 15))).id == "rpg_1"
        assert await runs.last_page(run_id, RIVAL, date(2026, 1, 15)) is None
        found = await runs.get_page("rpg_2")
        assert asdict(found) == asdict(full)
        with pytest.raises(NotFound):
            await runs.get_page("rpg_9")
    with pytest.raises(Retryable):
        await written(books, evolve(page(1), id="rpg_9"))


async def test_a_page_that_was_taken_over_is_stale_to_who_had_it(books: Any) -> None:
    await begun(books)
    async with books.begin(BOSS) as work:
        await work.billing_runs.add_page(page(1))
        await work.commit()
    async with books.begin(BOSS, read_only=True) as work:
        mine = await work.billing_runs.get_page("rpg_1")
    async with books.begin(BOSS) as work:
        theirs = await work.billing_runs.get_page("rpg_1")
        theirs.take_over("w2", NOW, timedelta(minutes=1))
        await work.billing_runs.save_page(theirs)
        await work.commit()
    mine.finish(NOW)
    with pytest.raises(Stale):
        await written(books, mine)


async def test_claims_made_at_once_get_different_numbers(books: Any) -> None:
    await begun(books)

    async def claimed(name: str) -> int:
        while True:
            try:
                async with books.begin(BOSS) as work:
                    run = await work.billing_runs.lock(RunId("run_1"))
                    number: int = await work.billing_runs.count_pages(run.id) + 1
                    await work.billing_runs.add_page(evolve(page(number, worker=name), id=f"rpg_{name}"))
                    await work.commit()
                    return number
            except Retryable:
                await asyncio.sleep(0)

    numbers = await asyncio.gather(*(claimed(f"w{number}") for number in range(8)))
    assert sorted(numbers) == list(range(1, 9))


async def test_a_partners_run_and_its_pages_are_nobody_elses(books: Any) -> None:
    await begun(books)
    async with books.begin(BOSS) as work:
        await work.billing_runs.add_page(page(1))
        await work.commit()
    async with books.begin(Actor.partner_admin("rita", RIVAL), read_only=True) as work:
        with pytest.raises(NotFound):
            await work.billing_runs.get_page("rpg_1")
        assert list(await work.billing_runs.pages(RunId("run_1"))) == []
        assert await work.billing_runs.count_pages(RunId("run_1")) == 0

"""Changing what was bought in the middle of a period: who pays what, and on which invoice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, Refused
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.subscriptions.changing import Effective
from scaicontrol_core.subscriptions.proration import Proration
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor
from scaicontrol_core.subscriptions.use_cases.withdraw_change import WithdrawChange
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
VISITOR = Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID)
NOW, NEXT = Proration.IMMEDIATE, Proration.NEXT_INVOICE
#: Noon in Amsterdam on the 31st of January: 15.5 days of the 31 from the 15th on are left.
HALF_TIME = datetime(2026, 1, 30, 23, 0, tzinfo=UTC)


async def change(books: Any, subscription: Any, who: Actor | None = None, **wanted: Any) -> Any:
    """Change it, as the shop's administrator unless somebody else."""
    return await books.world.use(ChangeSubscription)(who or books.admin, subscription.id, SubscriptionChange(**wanted))


async def stored(books: Any, subscription: Any) -> Any:
    async with books.world.work.begin(books.admin, read_only=True) as work:
        return await work.subscriptions.get(subscription.id)


def lines(books: Any) -> list[tuple[str, str, int]]:
    return [
        (line.plan_key, f"{line.period.start:%m-%d}", line.net_cents)
        for invoice in books.invoices()
        for line in invoice.lines
    ]


async def test_a_running_period_that_was_never_billed_keeps_the_plan_it_was_bought_at(books: Any) -> None:
    sold = await books.subscribe()
    dearer = await books.plan("enterprise", base_price_cents=49900)
    books.at(2026, 1, 20)
    await books.world.use(OverrideSubscription)(books.admin, sold.id, plan_key=dearer)
    await books.run("2026-01")
    books.at(2026, 2, 15)
    await books.run("2026-02")
    assert lines(books) == [("scaikey.pro", "01-15", 19900), ("scaikey.enterprise", "02-15", 49900)]


async def test_an_upgrade_now_is_charged_now_to_the_second(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    dearer = await books.plan("enterprise", base_price_cents=49900)
    books.world.clock.set(HALF_TIME)  # the 31st begins in Amsterdam: 15 of 31 days are left
    changed = await change(books, sold, plan_key=dearer, proration=NOW)
    assert [line.net_cents for line in changed.invoice.lines] == [24145, -9629]  # 499 × 15/31, 199 × 15/31
    assert changed.invoice.number is not None
    assert [str(line.quantity) for line in changed.invoice.lines] == [str(15 * 86400), str(-15 * 86400)]
    assert (changed.subscription.plan_key, changed.subscription.adjustments) == ("scaikey.enterprise", ())
    books.at(2026, 2, 15)
    await books.run("2026-02")
    assert lines(books)[-1] == ("scaikey.enterprise", "02-15", 49900)
    assert books.world.store.outbox[-1].idempotency_key


async def test_the_same_with_the_next_invoice(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    dearer = await books.plan("enterprise", base_price_cents=49900)
    books.world.clock.set(HALF_TIME)
    changed = await change(books, sold, plan_key=dearer, proration=NEXT)
    assert (changed.invoice, [each.net_cents for each in changed.adjustments]) == (None, [-9629, 24145])
    await books.run("2026-01")
    assert len(books.invoices()) == 1
    books.at(2026, 2, 15)
    await books.run("2026-02")
    assert sorted(line.net_cents for line in books.invoices()[-1].lines) == [-9629, 24145, 49900]
    assert (await stored(books, sold)).adjustments == ()


async def test_what_was_not_billed_yet_goes_on_the_invoice_with_it(books: Any) -> None:
    sold = await books.subscribe()
    books.world.clock.set(HALF_TIME)
    dearer = await books.plan("enterprise", base_price_cents=49900)
    changed = await change(books, sold, plan_key=dearer, proration=NOW)
    assert [line.net_cents for line in changed.invoice.lines] == [19900, 24145, -9629]


async def test_a_second_change_gives_back_what_the_first_one_charged(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    dearer = await books.plan("enterprise", base_price_cents=49900)
    books.world.clock.set(HALF_TIME)
    await change(books, sold, plan_key=dearer, proration=NEXT)
    back = await change(books, sold, plan_key="scaikey.pro", proration=NEXT)
    assert [each.net_cents for each in back.adjustments] == [-24145, 9629]
    assert sum(each.net_cents for each in back.subscription.adjustments) == 0


async def test_a_downgrade_is_given_back_as_far_as_there_is_something_to_pay(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    cheaper = await books.plan("starter", base_price_cents=4900)
    books.world.clock.set(HALF_TIME)
    changed = await change(books, sold, plan_key=cheaper, proration=NOW)
    assert changed.invoice is None  # an invoice is never negative
    for month in (2, 3, 4):
        books.at(2026, month, 15)
        await books.run(f"2026-{month:02}")
    own = [sum(line.net_cents for line in invoice.lines) for invoice in books.invoices()[1:]]
    assert own == [0, 4900 - (9629 - 2371 - 4900), 4900]
    assert sum(net for _, _, net in lines(books)) == 19900 - 9629 + 2371 + 3 * 4900
    assert (await stored(books, sold)).adjustments == ()


async def test_quantities_change_the_same_way(books: Any) -> None:
    sold = await books.subscribe(quantity=2)
    await books.run("2026-01")
    books.world.clock.set(HALF_TIME)
    changed = await change(books, sold, quantity=3, proration=NOW)
    assert sum(line.net_cents for line in changed.invoice.lines) == 9629
    assert changed.subscription.quantity == 3
    books.at(2026, 2, 15)
    await books.run("2026-02")
    assert books.invoices()[-1].lines[0].net_cents == 3 * 19900


async def test_a_change_can_wait_for_the_end_of_the_period_and_be_withdrawn(books: Any) -> None:
    sold = await books.subscribe()
    yearly = await books.plan("yearly", billing_period=Cadence.YEARLY, base_price_cents=199000)
    planned = await change(books, sold, BUYER, plan_key=yearly, quantity=2, effective=Effective.PERIOD_END)
    assert (planned.effective_on, planned.subscription.plan_key) == (date(2026, 2, 15), "scaikey.pro")
    assert planned.subscription.pending_change.plan_key == yearly
    await books.world.use(WithdrawChange)(BUYER, sold.id)
    books.at(2026, 3, 20)
    await books.run("2026-03")
    assert [net for _, _, net in lines(books)] == [19900, 19900, 19900]
    with pytest.raises(Conflict) as refused:
        await books.world.use(WithdrawChange)(BUYER, sold.id)
    assert refused.value.code == "no_pending_change"


@pytest.mark.parametrize("first", ["reaper", "run"])
async def test_a_planned_change_is_billed_right_whoever_comes_first(books: Any, first: str) -> None:
    sold = await books.subscribe()
    yearly = await books.plan("yearly", billing_period=Cadence.YEARLY, base_price_cents=199000)
    await change(books, sold, plan_key=yearly, effective=Effective.PERIOD_END)
    books.at(2026, 2, 20)
    if first == "reaper":
        assert await books.world.use(ReapSubscriptions)(books.admin) == 1
    await books.run("2026-02")
    assert await books.world.use(ReapSubscriptions)(books.admin) == int(first == "run")
    assert [(key, net) for key, _, net in lines(books)] == [("scaikey.pro", 19900), ("scaikey.yearly", 199000)]
    now = await stored(books, sold)
    assert (now.plan_key, now.pending_change, now.next_billing_on) == (yearly, None, date(2027, 2, 15))
    kinds = [
        event.data["change_kind"] for event in books.world.store.outbox if event.topic == "subscription.changed.v1"
    ]
    assert kinds == ["change_scheduled", "plan_change"]


async def test_who_leaves_withdraws_what_was_planned(books: Any) -> None:
    sold = await books.subscribe()
    await change(books, sold, plan_key=await books.plan("enterprise"), effective=Effective.PERIOD_END)
    left = await books.world.use(CancelSubscription)(books.admin, sold.id)
    assert left.pending_change is None


async def test_a_policy_makes_downgrades_wait(books: Any) -> None:
    policy = {"metadata": {"change_policy": {"downgrade": "period_end", "basic": "now"}}}
    sold = await books.subscribe(plan_key=await books.plan("enterprise", base_price_cents=49900, **policy))
    await books.plan("basic", base_price_cents=900)
    waiting = await change(books, sold, BUYER, plan_key="scaikey.pro", proration=NOW)
    assert (waiting.effective, waiting.effective_on) == (Effective.PERIOD_END, date(2026, 2, 15))
    at_once = await change(books, sold, BUYER, plan_key="scaikey.basic")
    assert (at_once.effective, at_once.subscription.plan_key) == (Effective.NOW, "scaikey.basic")
    assert at_once.subscription.pending_change is None


async def test_a_preview_says_what_it_would_cost_and_changes_nothing(books: Any) -> None:
    sold = await books.subscribe()
    dearer = await books.plan("enterprise", base_price_cents=49900)
    books.world.clock.set(HALF_TIME)
    seen = await change(books, sold, BUYER, plan_key=dearer, proration=NOW, preview=True)
    assert [each.net_cents for each in seen.adjustments] == [-9629, 24145]
    assert (await stored(books, sold)).version == sold.version


async def test_a_customers_own_change_is_invoiced_by_the_next_run(books: Any) -> None:
    sold = await books.subscribe()
    await books.run("2026-01")
    books.world.clock.set(HALF_TIME)
    changed = await change(
        books, sold, BUYER, plan_key=await books.plan("enterprise", base_price_cents=49900), proration=NOW
    )
    assert changed.invoice is None
    await books.run("2026-01")
    assert sum(line.net_cents for line in books.invoices()[-1].lines) == 24145 - 9629


async def test_a_late_run_bills_the_price_of_its_time(books: Any) -> None:
    sold = await books.subscribe()
    books.at(2026, 2, 20)
    async with books.world.work.begin(books.admin) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(evolve(plan.terms, base_price_cents=29900), books.world.clock.now())
        await work.plans.save(plan)
        await work.commit()
    books.at(2026, 3, 16)
    await books.run("2026-03")
    assert [net for _, _, net in lines(books)] == [19900, 19900, 29900]
    assert (await stored(books, sold)).next_billing_on == date(2026, 4, 15)


async def test_who_began_on_the_31st_pays_on_the_31st_whatever_the_cadence(books: Any) -> None:
    quarterly = await books.plan("quarterly", billing_period=Cadence.QUARTERLY, base_price_cents=50000)
    sold = await books.subscribe(start_date=date(2025, 12, 31))
    books.at(2026, 2, 10)
    await change(books, sold, plan_key=quarterly)
    books.at(2026, 12, 31)
    await books.run("2026-12")
    assert [day for _, day, _ in lines(books)] == ["12-31", "01-31", "02-28", "05-31", "08-31", "11-30"]


async def test_the_anchor_moves_and_the_days_between_are_charged_as_days(books: Any) -> None:
    sold = await books.subscribe()
    moved = await books.world.use(SetAnchor)(books.admin, sold.id, date(2026, 1, 1))
    assert moved.billing_anchor == date(2026, 1, 1)
    books.at(2026, 4, 2)
    await books.run("2026-04")
    assert [(day, net) for _, day, net in lines(books)] == [
        ("01-15", 19900),
        ("02-15", 9950),  # 14 of the 28 days to 15 March
        ("03-01", 19900),
        ("04-01", 19900),
    ]


async def test_what_is_refused(books: Any) -> None:
    sold = await books.subscribe()
    with pytest.raises(Invalid) as nothing:
        await change(books, sold)
    assert nothing.value.code == "nothing_to_change"
    with pytest.raises(Invalid) as trial:
        await change(books, sold, plan_key=await books.plan("trial", trial_days=14, base_price_cents=0))
    assert trial.value.code == "plan_unavailable"
    hidden = await books.plan("hidden", is_public=False)
    with pytest.raises(Invalid):
        await change(books, sold, BUYER, plan_key=hidden)
    with pytest.raises(Forbidden):
        await change(books, sold, VISITOR, quantity=2)
    for use_case, words in ((WithdrawChange, ()), (SetAnchor, (date(2026, 1, 1),))):
        with pytest.raises(Forbidden):
            await books.world.use(use_case)(VISITOR, sold.id, *words)
    await books.world.use(CancelSubscription)(books.admin, sold.id, immediate=True)
    with pytest.raises(Refused) as fixed:
        await change(books, sold, quantity=2)
    assert fixed.value.code == "plan_fixed"


async def test_the_same_as_it_is_changes_nothing(books: Any) -> None:
    sold = await books.subscribe()
    same = await change(books, sold, plan_key="scaikey.pro", quantity=1, proration=NOW)
    assert (same.adjustments, (await stored(books, sold)).version) == ((), sold.version)

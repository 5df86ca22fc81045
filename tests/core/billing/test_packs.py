"""Packs: sold as one thing, served as several, billed as one line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.ledger import ChargeKind
from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
from scaicontrol_core.catalog.pack import DiscountType
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.kernel.errors import Conflict, Forbidden, InvalidTransition, NotFound
from scaicontrol_core.kernel.ids import PackId, PlanId, ServiceId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.subscriptions import SubscriptionStatus
from scaicontrol_core.subscriptions.errors import (
    BillingProfileRequired,
    ChildOfPack,
    NotInTrial,
    PackOverlaps,
    PackTrialUsed,
    PackUnavailable,
    SubscriptionExists,
)
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.cancel_pack_subscription import CancelPackSubscription
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.extend_pack_trial import ExtendPackTrial
from scaicontrol_core.subscriptions.use_cases.get_pack_subscription import GetPackSubscription
from scaicontrol_core.subscriptions.use_cases.list_pack_subscriptions import ListPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials
from scaicontrol_core.subscriptions.use_cases.reap_pack_subscriptions import ReapPackSubscriptions
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_pack_subscription import ResumePackSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.subscriptions.use_cases.suspend_pack_subscription import SuspendPackSubscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, PACK_ID, TENANT_ID

S = SubscriptionStatus
VAULT = (ServiceId("svc_vault"), "scaivault")


@pytest.fixture
async def packed(books: Any) -> Any:
    """The books, with a second service and a pack of both at EUR 99.00 a month."""
    vault = builders.new_plan(PlanId("pln_vault"), VAULT, "standard", name="Standard", base_price_cents=5000)
    await books.world.keep(builders.new_service(VAULT[0], VAULT[1], name="ScaiVault"), vault)
    pack = builders.new_pack(builders.item_of(builders.new_plan()), builders.item_of(vault))
    await books.world.keep(pack)
    return books


async def subscribe(books: Any, slug: str = "growth", tenant_id: TenantId = TENANT_ID) -> Any:
    return await books.world.use(SubscribePack)(books.admin, NewPackSubscription(tenant_id, slug))


async def children(books: Any, pack: Any) -> list[Any]:
    async with books.world.work.begin(books.admin, read_only=True) as work:
        return [await work.subscriptions.get(member.subscription_id) for member in pack.members]


async def stored(books: Any, pack: Any) -> Any:
    return await books.world.use(GetPackSubscription)(books.admin, pack.id)


async def revise(books: Any, items: tuple[Any, ...] | None = None, **terms: Any) -> None:
    async with books.world.work.begin(books.admin) as work:
        pack = await work.packs.get(PACK_ID)
        pack.revise(builders.pack_terms(**terms), items or pack.items, books.world.clock.now())
        await work.packs.save(pack)
        await work.commit()


async def bundle(books: Any) -> Any:
    """Offer a bundle of two trials for 14 days, and subscribe to it."""
    trials = (
        builders.new_plan(PlanId("pln_kt"), slug="trial", tier="trial", trial_days=14, base_price_cents=0),
        builders.new_plan(PlanId("pln_vt"), VAULT, "trial", tier="trial", trial_days=14, base_price_cents=0),
    )
    await books.world.keep(*trials)
    items = [builders.item_of(plan) for plan in trials]
    pack = builders.new_pack(
        *items, pack_id=PackId("pck_trial"), slug="trial-bundle", base_price_cents=0, trial_days=14
    )
    await books.world.keep(pack)
    return await subscribe(books, "trial-bundle")


def told(books: Any) -> list[tuple[str, str | None]]:
    return [(each.topic, each.data.get("change_kind")) for each in books.world.store.outbox if "subscr" in each.topic]


async def clean(books: Any) -> None:
    audit = await books.world.use(AuditIntegrity)(books.admin)
    assert [finding for rule in audit.rules for finding in rule.findings] == []


# -- the sale ----------------------------------------------------------------------------------


async def test_a_pack_puts_its_customer_on_every_plan_and_says_so_once(packed: Any) -> None:
    sold = await subscribe(packed)
    assert [(each.plan_key, each.status) for each in await children(packed, sold)] == [
        ("scaikey.pro", S.ACTIVE),
        ("scaivault.standard", S.ACTIVE),
    ]
    assert told(packed) == [("pack_subscription.activated.v1", None)]
    (event,) = [each for each in packed.world.store.outbox if each.topic.startswith("pack_")]
    assert [each["plan_key"] for each in event.data["pack_includes"]] == ["scaikey.pro", "scaivault.standard"]
    page = await packed.world.use(ListPackSubscriptions)(packed.admin, PackSubscriptionFilter(), PageRequest())
    assert [each.id for each in page.items] == [sold.id]


async def test_one_live_subscription_a_service_whichever_way_it_was_bought(packed: Any) -> None:
    await packed.subscribe()
    with pytest.raises(PackOverlaps, match="scaikey"):
        await subscribe(packed)
    other = await packed.customer("tnt_other")
    await subscribe(packed, tenant_id=other)
    with pytest.raises(SubscriptionExists):
        await packed.subscribe(other)
    with pytest.raises(PackOverlaps):
        await subscribe(packed, tenant_id=other)


async def test_a_pack_is_sold_to_whom_it_may_be(packed: Any) -> None:
    buyer = Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID)
    with pytest.raises(Forbidden):
        await packed.world.use(SubscribePack)(buyer, NewPackSubscription(TENANT_ID, "growth"))
    await packed.world.keep(builders.new_tenant(TenantId("tnt_new")))
    with pytest.raises(BillingProfileRequired):
        await subscribe(packed, tenant_id=TenantId("tnt_new"))
    await revise(packed, is_active=False)
    with pytest.raises(PackUnavailable):
        await subscribe(packed)
    with pytest.raises(NotFound):
        await subscribe(packed, "nothing")


# -- children move only with their pack --------------------------------------------------------


async def test_children_move_only_with_their_pack(packed: Any) -> None:
    sold = await subscribe(packed)
    child = (await children(packed, sold))[0]
    with pytest.raises(ChildOfPack) as refused:
        await packed.world.use(CancelSubscription)(packed.admin, child.id)
    assert (refused.value.code, isinstance(refused.value, Conflict)) == ("child_of_pack", True)
    plan = await packed.plan("max")
    with pytest.raises(ChildOfPack):
        await packed.world.use(ChangeSubscription)(packed.admin, child.id, SubscriptionChange(plan_key=plan))


async def test_what_befalls_the_pack_befalls_its_children(packed: Any) -> None:
    sold = await subscribe(packed)
    await packed.world.use(SuspendPackSubscription)(packed.admin, sold.id, reason="fraud?")
    assert {(each.status, each.suspension_reason) for each in await children(packed, sold)} == {(S.SUSPENDED, "fraud?")}
    await packed.world.use(ResumePackSubscription)(packed.admin, sold.id)
    await packed.world.use(CancelPackSubscription)(packed.admin, sold.id, reason="too dear")
    assert {each.status for each in await children(packed, sold)} == {S.CANCELLING}
    await packed.world.use(ResumePackSubscription)(packed.admin, sold.id)
    assert {each.status for each in await children(packed, sold)} == {S.ACTIVE}
    await packed.world.use(CancelPackSubscription)(packed.admin, sold.id)
    packed.at(2026, 2, 20)
    assert await packed.world.use(ReapPackSubscriptions)(packed.admin) == 1
    ended = datetime(2026, 2, 14, 23, tzinfo=UTC)
    assert {(each.status, each.cancelled_at) for each in await children(packed, sold)} == {(S.CANCELLED, ended)}
    with pytest.raises(InvalidTransition):
        await packed.world.use(CancelPackSubscription)(packed.admin, sold.id, immediate=True)
    kinds = [kind for _, kind in told(packed)]
    assert kinds[1:] == [
        "suspended",
        "resumed",
        "scheduled_cancellation",
        "scheduled_cancellation_undone",
        "scheduled_cancellation",
        None,
    ]
    assert {topic.split(".")[0] for topic, _ in told(packed)} == {"pack_subscription"}
    assert await packed.world.use(ReapPackSubscriptions)(packed.admin) == 0


# -- the bill ----------------------------------------------------------------------------------


async def test_a_pack_is_one_line_and_its_children_cost_nothing(packed: Any) -> None:
    sold = await subscribe(packed)
    preview = await packed.run("2026-01", dry_run=True)
    await packed.run("2026-01")
    (invoice,) = packed.invoices()
    (line,) = invoice.lines
    assert (line.description, line.net_cents, line.subscription_id) == (
        "Growth (ScaiKey Pro, ScaiVault Standard)",
        9900,
        sold.id,
    )
    assert [(each.lines, each.net_cents) for each in preview.previews] == [(1, 9900)]
    ((_, row),) = packed.world.store.tables["billed_periods"].values()
    assert (row.subscription_id, row.ordinal, row.charge_kind) == (sold.id, 0, ChargeKind.PACK)
    await packed.run("2026-01")
    assert len(packed.invoices()) == 1
    await clean(packed)


async def test_a_percentage_is_taken_off_the_sum_and_rounded_once(packed: Any) -> None:
    await revise(packed, discount_type=DiscountType.PERCENTAGE, discount_percentage=Decimal("12.5"))
    await subscribe(packed)
    await packed.run("2026-01")
    assert packed.billed() == [("2026-01-15", "2026-02-15", 21788)]  # (19900 + 5000) × 87.5 % = 21787.5


async def test_packs_and_plans_of_many_customers_share_the_runs_pages(packed: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.claiming.PAGE", 2)
    for number in range(7):
        tenant_id = await packed.customer(f"tnt_p{number}")
        await (subscribe(packed, tenant_id=tenant_id) if number % 3 else packed.subscribe(tenant_id))
    seen: list[tuple[int, int]] = []
    report = await packed.run("2026-01", on_progress=lambda done, of, _: seen.append((done, of)))
    assert (report.totals.invoices, report.totals.tenants, seen[-1]) == (7, 7, (7, 7))
    assert len(packed.billed()) == 7
    await clean(packed)


async def test_the_days_of_a_suspension_are_not_paid_for(packed: Any) -> None:
    sold = await subscribe(packed)
    await packed.run("2026-01")
    await packed.world.use(SuspendPackSubscription)(packed.admin, sold.id)
    packed.at(2026, 2, 25)
    await packed.world.use(ResumePackSubscription)(packed.admin, sold.id)
    await packed.run("2026-02")
    assert packed.billed() == [("2026-01-15", "2026-02-15", 9900), ("2026-02-25", "2026-03-15", 6364)]
    await clean(packed)


async def test_nothing_is_billed_after_the_end(packed: Any) -> None:
    sold = await subscribe(packed)
    packed.at(2026, 1, 20)
    await packed.world.use(CancelPackSubscription)(packed.admin, sold.id, immediate=True)
    packed.at(2026, 6, 30)
    await packed.run("2026-06")
    assert packed.billed() == [("2026-01-15", "2026-02-15", 9900)]
    await clean(packed)


# -- a pack is edited --------------------------------------------------------------------------


@pytest.mark.parametrize("reaped", [True, False])
async def test_who_has_a_pack_keeps_what_was_bought_until_the_next_cycle(packed: Any, *, reaped: bool) -> None:
    sold = await subscribe(packed)
    packed.at(2026, 1, 20)
    third = (ServiceId("svc_note"), "scainote")
    note = builders.new_plan(PlanId("pln_note"), third, "basic", name="Basic")
    await packed.world.keep(builders.new_service(third[0], third[1], name="ScaiNote"), note)
    items = (builders.item_of(builders.new_plan()), builders.item_of(note))
    await revise(packed, items, base_price_cents=12000)
    if reaped:
        assert await packed.world.use(ReapPackSubscriptions)(packed.admin) == 0
    assert [each.plan_key for each in (await stored(packed, sold)).members] == ["scaikey.pro", "scaivault.standard"]
    packed.at(2026, 2, 20)
    if reaped:
        assert await packed.world.use(ReapPackSubscriptions)(packed.admin) == 1
        now = await stored(packed, sold)
        assert [each.plan_key for each in now.members] == ["scaikey.pro", "scainote.basic"]
        assert [each.status for each in await children(packed, sold)] == [S.ACTIVE, S.CANCELLED]
        assert (await children(packed, now))[1].status is S.ACTIVE
        assert told(packed)[-1] == ("pack_subscription.changed.v1", "items_change")
    # However late anything runs, each period costs what it did when it began.
    await packed.run("2026-02")
    assert [net for _, _, net in packed.billed()] == [9900, 12000]
    assert [line.description for invoice in packed.invoices() for line in invoice.lines] == [
        "Growth (ScaiKey Pro, ScaiVault Standard)",
        "Growth (ScaiKey Pro, ScaiNote Basic)",
    ]
    await clean(packed)


# -- trials ------------------------------------------------------------------------------------


async def test_a_bundle_of_trials_ends_by_itself_and_is_had_once(packed: Any) -> None:
    sold = await bundle(packed)
    assert {each.status for each in await children(packed, sold)} == {S.TRIALING}
    packed.at(2026, 1, 28)
    await packed.world.use(MonitorTrials)(packed.admin)  # children announce nothing by themselves
    packed.at(2026, 2, 1)
    assert await packed.world.use(ReapSubscriptions)(packed.admin) == 0
    assert await packed.world.use(ReapPackSubscriptions)(packed.admin) == 1
    assert {each.status for each in await children(packed, sold)} == {S.CANCELLED}
    assert [topic for topic, _ in told(packed)] == ["pack_subscription.activated.v1", "pack_subscription.cancelled.v1"]
    with pytest.raises(PackTrialUsed):
        await subscribe(packed, "trial-bundle")
    await packed.run("2026-02")
    assert packed.invoices() == []


async def test_an_upgrade_takes_one_service_out_of_the_bundle(packed: Any) -> None:
    sold = await bundle(packed)
    child = (await children(packed, sold))[0]
    await packed.world.use(ChangeSubscription)(packed.admin, child.id, SubscriptionChange(plan_key="scaikey.pro"))
    assert [each.plan_key for each in (await stored(packed, sold)).members] == ["scaivault.trial"]
    packed.at(2026, 2, 1)
    await packed.world.use(ReapPackSubscriptions)(packed.admin)
    await packed.world.use(ReapSubscriptions)(packed.admin)
    upgraded, left = await children(packed, sold)
    assert (upgraded.status, upgraded.plan_key, upgraded.pack_subscription_id) == (S.ACTIVE, "scaikey.pro", None)
    assert left.status is S.CANCELLED
    assert [topic for topic, _ in told(packed)].count("subscription.activated.v1") == 1
    await packed.run("2026-02")
    assert packed.billed() == [("2026-01-29", "2026-02-28", 19900)]
    await clean(packed)


async def test_a_bundle_that_every_service_left_is_over(packed: Any) -> None:
    sold = await bundle(packed)
    for child, plan in zip(await children(packed, sold), ("scaikey.pro", "scaivault.standard"), strict=True):
        await packed.world.use(ChangeSubscription)(packed.admin, child.id, SubscriptionChange(plan_key=plan))
    over = await stored(packed, sold)
    assert (over.status, over.cancellation_reason) == (S.CANCELLED, "all_services_left")


async def test_a_trial_is_extended_for_all_services_together(packed: Any) -> None:
    sold = await bundle(packed)
    await packed.world.use(ExtendPackTrial)(packed.admin, sold.id, date(2026, 2, 15))
    ends = {each.trial_ends_at for each in await children(packed, sold)}
    assert ends == {datetime(2026, 2, 14, 23, tzinfo=UTC)}
    other = await packed.customer("tnt_other")
    paid = await subscribe(packed, tenant_id=other)
    with pytest.raises(NotInTrial):
        await packed.world.use(ExtendPackTrial)(packed.admin, paid.id, date(2026, 2, 15))

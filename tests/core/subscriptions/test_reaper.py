"""The reaper: what falls due is done, once, and dated when it fell due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import PlanId, SubscriptionId, TenantId
from scaicontrol_core.subscriptions import SubscriptionStatus
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.tenancy.tenant import CollectionMethod, TenantChanges
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed

S = SubscriptionStatus


async def reap(shop: Any, **ports: Any) -> int:
    moved: int = await shop.world.use(ReapSubscriptions, **ports)(shop.admin)
    return moved


async def pays_by_card(shop: Any) -> None:
    async with shop.world.work.begin(shop.admin) as work:
        tenant = await work.tenants.get(TENANT_ID)
        tenant.update(TenantChanges(collection_method=CollectionMethod.CHARGE_AUTOMATICALLY))
        await work.tenants.save(tenant)
        await work.commit()


async def test_before_its_time_nothing_moves(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.use(CancelSubscription)(shop.admin, sold.id)
    shop.world.clock.set(datetime(2026, 2, 14, 22, 59, 59, tzinfo=UTC))
    assert await reap(shop) == 0
    shop.world.clock.advance(seconds=1)
    assert await reap(shop) == 1


async def test_a_late_run_dates_the_end_by_its_own_instant(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.use(CancelSubscription)(shop.admin, sold.id, reason="too dear")
    shop.world.clock.set(datetime(2026, 5, 1, 12, tzinfo=UTC))
    assert await reap(shop) == 1
    stored = await shop.stored(sold.id)
    assert (stored.status, stored.cancelled_at) == (S.CANCELLED, datetime(2026, 2, 14, 23, tzinfo=UTC))
    assert [owed.period.start for owed in stored.schedule.due(date(2026, 5, 1))] == [date(2026, 1, 15)]
    (told,) = shop.announced("subscription.cancelled.v1")
    assert (told["reason"], told["cancelled_at"]) == ("too dear", "2026-02-14T23:00:00Z")


async def test_a_second_run_finds_nothing_to_do(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.use(CancelSubscription)(shop.admin, sold.id)
    shop.world.clock.advance(days=60)
    await reap(shop)
    before = (len(shop.world.store.outbox), len(shop.world.store.audit), (await shop.stored(sold.id)).version)
    assert await reap(shop) == 0
    after = (len(shop.world.store.outbox), len(shop.world.store.audit), (await shop.stored(sold.id)).version)
    assert before == after


async def test_who_pays_by_invoice_stays_after_the_trial(shop: Any) -> None:
    trial = await shop.in_state("trialing")
    shop.world.clock.set(datetime(2026, 3, 20, tzinfo=UTC))
    assert await reap(shop) == 1
    stored = await shop.stored(trial.id)
    assert stored.status is S.ACTIVE
    # Billing begins when the trial ended, however late the run.
    assert [owed.period.start for owed in stored.schedule.due(date(2026, 3, 20))] == [
        date(2026, 1, 29),
        date(2026, 2, 28),
    ]
    assert shop.announced("subscription.changed.v1")[0]["change_kind"] == "trial_converted"
    assert len(shop.announced("subscription.activated.v1")) == 1


async def test_who_pays_by_card_and_has_none_is_cancelled(shop: Any) -> None:
    await pays_by_card(shop)
    trial = await shop.in_state("trialing")
    shop.world.clock.advance(days=30)
    await reap(shop)
    stored = await shop.stored(trial.id)
    assert (stored.status, stored.cancellation_reason) == (S.CANCELLED, "no_payment_method")
    assert stored.cancelled_at == trial.trial_ends_at
    assert stored.next_billing_on is None


async def test_what_costs_nothing_needs_no_card(shop: Any) -> None:
    await pays_by_card(shop)
    trial = await shop.subscribe(await shop.plan("free", trial_days=14, base_price_cents=0))
    shop.world.clock.advance(days=30)
    await reap(shop)
    assert (await shop.stored(trial.id)).status is S.ACTIVE


async def test_a_plan_that_is_only_a_trial_ends_with_it(shop: Any) -> None:
    trial = await shop.subscribe(await shop.plan("trial", trial_days=14, base_price_cents=0))
    shop.world.clock.advance(days=30)
    await reap(shop)
    stored = await shop.stored(trial.id)
    assert (stored.status, stored.cancellation_reason) == (S.CANCELLED, "trial_ended")


async def test_a_trial_dated_back_beyond_its_end_is_over_at_the_next_run(shop: Any) -> None:
    key = await shop.plan("starter", trial_days=14)
    trial = await shop.subscribe(key, start_date=date(2025, 12, 1))
    assert trial.status is S.TRIALING
    assert await reap(shop) == 1
    assert (await shop.stored(trial.id)).next_billing_on == date(2025, 12, 15)


@pytest.mark.usefixtures("set_up_by_hand")
async def test_a_fixed_term_expires(shop: Any) -> None:
    sold = await shop.subscribe()
    async with shop.world.work.begin(shop.admin) as work:
        fixed = await work.subscriptions.get(sold.id)
        fixed.term_ends_at = datetime(2026, 3, 14, 23, tzinfo=UTC)
        await work.subscriptions.save(fixed)
        await work.commit()
    shop.world.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    assert await reap(shop) == 1
    stored = await shop.stored(sold.id)
    assert (stored.status, stored.cancelled_at) == (S.EXPIRED, datetime(2026, 3, 14, 23, tzinfo=UTC))
    assert [owed.period.start for owed in stored.schedule.due(date(2026, 6, 1))] == [
        date(2026, 1, 15),
        date(2026, 2, 15),
    ]
    assert shop.announced("subscription.cancelled.v1")[0]["terminal_state"] == "expired"


async def several_trials(shop: Any, count: int) -> list[SubscriptionId]:
    key = await shop.plan("starter", trial_days=14)
    ids = []
    for number in range(count):
        tenant_id = TenantId(f"tnt_trial_{number:04}")
        await shop.world.keep(builders.new_tenant(tenant_id), builders.new_profile(tenant_id))
        sold = await shop.world.use(CreateSubscription)(shop.admin, NewSubscription(tenant_id, key))
        ids.append(sold.id)
    return ids


async def test_killed_anywhere_and_run_again_the_end_is_the_same(shop: Any) -> None:
    ids = await several_trials(shop, 3)
    shop.world.clock.advance(days=30)
    for work in (FaultyWork(shop.world.work, kill_before=2), FaultyWork(shop.world.work, kill_after=1)):
        with pytest.raises(Killed):
            await reap(shop, work=work)
    await reap(shop)
    assert {(await shop.stored(each)).status for each in ids} == {S.ACTIVE}
    converted = [told["subscription_id"] for told in shop.announced("subscription.changed.v1")]
    assert sorted(converted) == sorted(ids)


async def test_more_than_a_batch_is_moved_in_one_run(shop: Any) -> None:
    ids = await several_trials(shop, 203)
    shop.world.clock.advance(days=30)
    assert await reap(shop) == len(ids)


@pytest.mark.usefixtures("set_up_by_hand")
async def test_one_that_cannot_be_moved_stops_no_other(shop: Any) -> None:
    broken, *others = await several_trials(shop, 3)
    async with shop.world.work.begin(shop.admin) as work:
        lost = await work.subscriptions.get(broken)
        lost.plan_id = PlanId("pln_gone")
        await work.subscriptions.save(lost)
        await work.commit()
    shop.world.clock.advance(days=30)
    with pytest.raises(NotFound) as failure:
        await reap(shop)
    assert failure.value.code == "plan_not_found"
    assert {(await shop.stored(each)).status for each in others} == {S.ACTIVE}


async def test_a_customer_who_is_faster_wins(shop: Any) -> None:
    (trial_id,) = await several_trials(shop, 1)
    shop.world.clock.advance(days=30)
    done = False

    async def customer_cancels(_: int) -> None:
        nonlocal done
        if not done:
            done = True
            await shop.world.use(CancelSubscription)(shop.admin, trial_id, immediate=True)

    assert await reap(shop, work=FaultyWork(shop.world.work, meanwhile=customer_cancels)) == 0
    assert (await shop.stored(trial_id)).status is S.CANCELLED
    assert len(shop.announced("subscription.cancelled.v1")) == 1


async def test_only_who_may_reap_does(shop: Any) -> None:
    with pytest.raises(Forbidden):
        await shop.world.use(ReapSubscriptions)(shop.buyer)


async def test_the_run_takes_one_instant_for_all(shop: Any) -> None:
    await several_trials(shop, 2)
    shop.world.clock.set(datetime(2026, 1, 28, 23, tzinfo=UTC) - timedelta(microseconds=1))
    assert await reap(shop) == 0
    shop.world.clock.set(datetime(2026, 1, 28, 23, tzinfo=UTC))
    assert await reap(shop) == 2

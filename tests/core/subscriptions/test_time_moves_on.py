"""Pauses that end by themselves, terms, longer trials, and what is said before a trial ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scaicontrol_core.kernel.errors import Forbidden, Invalid, Refused
from scaicontrol_core.kernel.ids import SubscriptionId, TenantId
from scaicontrol_core.subscriptions import SubscriptionStatus
from scaicontrol_core.subscriptions.use_cases.bulk_subscriptions import BulkAction, BulkOrder, BulkSubscriptions
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial
from scaicontrol_core.subscriptions.use_cases.monitor_trials import MonitorTrials, last_notice_time
from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription
from scaicontrol_core.subscriptions.use_cases.reap_subscriptions import ReapSubscriptions
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.set_term import SetTerm
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.faults import FaultyWork, Killed

S = SubscriptionStatus
ENDING = "subscription.trial_ending.v1"


async def reap(shop: Any) -> int:
    moved: int = await shop.world.use(ReapSubscriptions)(shop.admin)
    return moved


async def tell(shop: Any, day: datetime, **ports: Any) -> list[int]:
    """Run the monitor at an instant and return the thresholds it announced."""
    before = len(shop.announced(ENDING))
    shop.world.clock.set(day)
    await shop.world.use(MonitorTrials, **ports)(shop.admin)
    return [told["threshold_days"] for told in shop.announced(ENDING)[before:]]


def at(month: int, day: int, hour: int = 9, minute: int = 13) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


# -- pauses ------------------------------------------------------------------------------------


async def test_a_pause_ends_by_itself_on_its_day_however_late_the_run(shop: Any) -> None:
    sold = await shop.subscribe(start_date=date(2026, 1, 1))
    paused = await shop.world.use(PauseSubscription)(shop.admin, sold.id, until=date(2026, 3, 11))
    assert (paused.status, paused.suspension_reason) == (S.SUSPENDED, "pause")
    assert shop.announced("subscription.suspended.v1")[0]["resumes_at"] == "2026-03-10T23:00:00Z"
    shop.world.clock.set(at(3, 10, 22, 59))
    assert await reap(shop) == 0
    shop.world.clock.set(at(6, 1))
    assert await reap(shop) == 1
    stored = await shop.stored(sold.id)
    assert (stored.status, stored.resumes_at, stored.suspension_reason) == (S.ACTIVE, None, None)
    due = [(owed.charged.start, owed.charged.end) for owed in stored.schedule.due(date(2026, 4, 1))]
    assert due == [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 3, 11), date(2026, 4, 1)),
        (date(2026, 4, 1), date(2026, 5, 1)),
    ]
    assert await reap(shop) == 0


async def test_a_pause_without_a_day_waits_and_one_can_come_back_early(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.use(PauseSubscription)(shop.admin, sold.id)
    shop.world.clock.advance(days=400)
    assert await reap(shop) == 0
    await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    again = await shop.world.use(PauseSubscription)(shop.admin, sold.id, until=date(2027, 12, 1))
    assert again.resumes_at is not None
    back = await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    assert (back.status, back.ripe_at) == (S.ACTIVE, None)


async def test_a_pause_that_is_over_already_is_none(shop: Any) -> None:
    sold = await shop.subscribe()
    with pytest.raises(Invalid) as refused:
        await shop.world.use(PauseSubscription)(shop.admin, sold.id, until=date(2026, 1, 15))
    assert refused.value.code == "resume_date_invalid"
    with pytest.raises(Forbidden):
        await shop.world.use(PauseSubscription)(shop.buyer, sold.id)


# -- terms -------------------------------------------------------------------------------------


async def test_a_sale_with_a_term_is_billed_to_its_end_and_no_further(shop: Any) -> None:
    sold = await shop.subscribe(term_ends_on=date(2026, 3, 1))
    shop.world.clock.set(at(6, 1))
    stored = await shop.stored(sold.id)
    # Billed before the reaper came, it is the same.
    due = [owed.charged.start for owed in stored.schedule.due(date(2026, 6, 1))]
    assert due == [date(2026, 1, 15), date(2026, 2, 15)]
    assert await reap(shop) == 1
    ended = await shop.stored(sold.id)
    assert (ended.status, ended.cancelled_at) == (S.EXPIRED, datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert shop.announced("subscription.cancelled.v1")[0]["terminal_state"] == "expired"


async def test_a_term_is_set_moved_and_taken_away(shop: Any) -> None:
    sold = await shop.subscribe()
    fixed = await shop.world.use(SetTerm)(shop.admin, sold.id, date(2026, 3, 1))
    assert fixed.term_ends_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    freed = await shop.world.use(SetTerm)(shop.admin, sold.id, None)
    assert (freed.term_ends_at, freed.schedule.until, freed.ripe_at) == (None, None, None)
    assert [told["change_kind"] for told in shop.announced("subscription.changed.v1")] == ["term_change"] * 2
    with pytest.raises(Invalid) as refused:
        await shop.world.use(SetTerm)(shop.admin, sold.id, date(2026, 1, 15))
    assert refused.value.code == "term_invalid"
    with pytest.raises(Forbidden):
        await shop.world.use(SetTerm)(shop.buyer, sold.id, None)


async def test_a_cancellation_taken_back_leaves_the_term(shop: Any) -> None:
    sold = await shop.subscribe(term_ends_on=date(2026, 6, 1))
    await shop.world.use(CancelSubscription)(shop.admin, sold.id)
    back = await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    assert back.schedule.until == date(2026, 6, 1)


# -- trials ------------------------------------------------------------------------------------


async def test_a_trial_is_announced_at_seven_three_and_one_days_once_each(shop: Any) -> None:
    await shop.in_state("trialing")  # until 29 January, Amsterdam
    told = {day: await tell(shop, at(1, day)) for day in range(16, 29)}
    assert {day: said for day, said in told.items() if said} == {22: [7], 26: [3], 28: [1]}
    assert await tell(shop, at(1, 28, 23)) == []


async def test_the_notices_of_a_day_go_out_at_a_quarter_past_nine(shop: Any) -> None:
    await shop.in_state("trialing")
    assert await tell(shop, at(1, 22, 9, 12)) == []
    assert await tell(shop, at(1, 22, 9, 13)) == [7]
    assert await tell(shop, at(1, 22, 9, 18)) == []


async def test_a_missed_week_is_caught_up_with_at_the_nearest_threshold_only(shop: Any) -> None:
    await shop.in_state("trialing")
    assert await tell(shop, at(1, 27)) == [3]
    assert shop.announced(ENDING)[0]["days_left"] == 2
    assert await tell(shop, at(1, 28)) == [1]


async def test_whose_trial_began_after_the_hour_is_told_tomorrow(shop: Any) -> None:
    await shop.subscribe(await shop.plan("week", trial_days=7))
    assert await tell(shop, at(1, 15, 10)) == []
    assert await tell(shop, at(1, 16)) == [7]


async def test_a_longer_trial_is_announced_anew(shop: Any) -> None:
    trial = await shop.in_state("trialing")
    assert await tell(shop, at(1, 28)) == [1]
    longer = await shop.world.use(ExtendTrial)(shop.admin, trial.id, date(2026, 2, 12))
    assert longer.trial_ends_at == datetime(2026, 2, 11, 23, tzinfo=UTC)
    assert shop.announced("subscription.changed.v1")[-1]["change_kind"] == "trial_extended"
    assert await tell(shop, at(2, 11)) == [1]
    shop.world.clock.set(at(2, 20))
    await reap(shop)
    assert (await shop.stored(trial.id)).next_billing_on == date(2026, 2, 12)


async def test_only_a_running_trial_is_extended_and_only_forwards(shop: Any) -> None:
    trial = await shop.in_state("trialing")
    for day in (date(2026, 1, 29), date(2026, 1, 20), date(2030, 1, 1)):
        with pytest.raises(Invalid) as refused:
            await shop.world.use(ExtendTrial)(shop.admin, trial.id, day)
        assert refused.value.code == "trial_end_invalid"
    with pytest.raises(Forbidden):
        await shop.world.use(ExtendTrial)(shop.buyer, trial.id, date(2026, 2, 12))
    shop.world.clock.advance(days=30)
    await reap(shop)
    with pytest.raises(Refused) as over:
        await shop.world.use(ExtendTrial)(shop.admin, trial.id, date(2026, 6, 1))
    assert over.value.code == "not_in_trial"


async def test_the_monitor_killed_anywhere_and_run_again_says_everything_once(shop: Any) -> None:
    key = await shop.plan("starter", trial_days=14)
    for number in range(3):
        tenant_id = TenantId(f"tnt_{number:04}x")
        await shop.world.keep(builders.new_tenant(tenant_id), builders.new_profile(tenant_id))
        await shop.world.use(CreateSubscription)(shop.admin, NewSubscription(tenant_id, key))
    shop.world.clock.set(at(1, 22))
    for work in (FaultyWork(shop.world.work, kill_before=2), FaultyWork(shop.world.work, kill_after=1)):
        with pytest.raises(Killed):
            await shop.world.use(MonitorTrials, work=work)(shop.admin)
    await shop.world.use(MonitorTrials)(shop.admin)
    told = [each["subscription_id"] for each in shop.announced(ENDING)]
    assert len(told) == len(set(told)) == 3
    with pytest.raises(Forbidden):
        await shop.world.use(MonitorTrials)(shop.buyer)


# -- many at once ------------------------------------------------------------------------------


async def test_one_refusal_stops_no_other(shop: Any) -> None:
    sold = await shop.subscribe()
    other = TenantId("tnt_other")
    await shop.world.keep(builders.new_tenant(other), builders.new_profile(other))
    second = await shop.world.use(CreateSubscription)(shop.admin, NewSubscription(other, "scaikey.pro"))
    nobody = SubscriptionId("sub_nobody")
    bulk = shop.world.use(BulkSubscriptions)
    done = await bulk(shop.admin, BulkOrder(BulkAction.SUSPEND, (sold.id, nobody, second.id, sold.id), "unpaid"))
    assert done.succeeded == (sold.id, second.id)
    assert [(each.id, each.code) for each in done.failed] == [(nobody, "subscription_not_found")]
    resumed = await bulk(shop.admin, BulkOrder(BulkAction.RESUME, (sold.id, second.id)))
    assert len(resumed.succeeded) == 2
    left = await bulk(shop.admin, BulkOrder(BulkAction.CANCEL, (sold.id,)))
    gone = await bulk(shop.admin, BulkOrder(BulkAction.CANCEL_IMMEDIATE, (sold.id, second.id)))
    assert (len(left.succeeded), len(gone.succeeded)) == (1, 2)
    over = await bulk(shop.admin, BulkOrder(BulkAction.CANCEL, (second.id,)))
    assert over.failed[0].code == "invalid_transition"


@pytest.mark.parametrize("ids", [(), tuple(f"sub_{number}" for number in range(1001))])
async def test_many_is_between_one_and_a_thousand(shop: Any, ids: tuple[SubscriptionId, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        BulkOrder(BulkAction.CANCEL, ids)
    assert refused.value.code == "bulk_size_invalid"
    with pytest.raises(Forbidden):
        await shop.world.use(BulkSubscriptions)(shop.buyer, BulkOrder(BulkAction.CANCEL, (SubscriptionId("sub_1"),)))


def test_a_day_has_one_notice_time() -> None:
    now = at(3, 1, 9, 13)
    assert last_notice_time(now) == now
    assert last_notice_time(now - timedelta(microseconds=1)) == at(2, 28)

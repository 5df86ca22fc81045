"""What may befall a subscription, verb by verb."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.audit.subject import SUBSCRIPTION
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel.errors import Forbidden, Invalid, InvalidTransition, NotFound, Refused
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions import SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.get_subscription import GetSubscription
from scaicontrol_core.subscriptions.use_cases.list_subscriptions import ListSubscriptions
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.resume_subscription import ResumeSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID

S = SubscriptionStatus
STATES = ("trialing", "active", "past_due", "cancelling", "suspended", "cancelled", "expired")


def periods_due(subscription: Any, cutoff: date) -> list[tuple[date, date]]:
    return [(owed.charged.start, owed.charged.end) for owed in subscription.schedule.due(cutoff)]


# -- cancel ------------------------------------------------------------------------------------


async def test_a_cancellation_waits_for_the_end_of_the_period(shop: Any) -> None:
    sold = await shop.subscribe()
    shop.world.clock.advance(days=3)
    await shop.world.use(CancelSubscription)(shop.buyer, sold.id, reason="too dear")
    stored = await shop.stored(sold.id)
    assert stored.status is S.CANCELLING
    assert stored.pending_cancellation_at == datetime(2026, 2, 14, 23, tzinfo=UTC)
    assert stored.cancellation_reason == "too dear"
    assert periods_due(stored, date(2027, 1, 1)) == [(date(2026, 1, 15), date(2026, 2, 15))]
    (told,) = shop.announced("subscription.changed.v1")
    assert told["change_kind"] == "scheduled_cancellation"
    assert told["previous"] == {"status": "active", "pending_cancellation_at": None}
    assert told["changed_fields"] == ["status", "pending_cancellation_at"]


async def test_a_cancellation_at_once_is_the_end(shop: Any) -> None:
    sold = await shop.subscribe()
    shop.world.clock.advance(days=3)
    await shop.world.use(CancelSubscription)(shop.buyer, sold.id, immediate=True, reason="moved abroad")
    stored = await shop.stored(sold.id)
    assert (stored.status, stored.cancelled_at) == (S.CANCELLED, shop.world.clock.now())
    assert periods_due(stored, date(2027, 1, 1)) == [(date(2026, 1, 15), date(2026, 2, 15))]
    (told,) = shop.announced("subscription.cancelled.v1")
    assert (told["terminal_state"], told["reason"]) == ("cancelled", "moved abroad")
    assert told["cancelled_at"] == "2026-01-18T09:30:00Z"


async def test_what_is_cancelled_on_its_first_day_owes_nothing(shop: Any) -> None:
    sold = await shop.subscribe()
    ended = await shop.world.use(CancelSubscription)(shop.admin, sold.id, immediate=True)
    assert ended.next_billing_on is None


async def test_a_one_time_plan_has_no_period_to_wait_for(shop: Any) -> None:
    sold = await shop.subscribe(await shop.plan("setup", billing_period=Cadence.ONE_TIME))
    with pytest.raises(Refused) as refused:
        await shop.world.use(CancelSubscription)(shop.admin, sold.id)
    assert refused.value.code == "no_running_period"
    ended = await shop.world.use(CancelSubscription)(shop.admin, sold.id, immediate=True)
    assert ended.status is S.CANCELLED


async def test_a_trial_is_cancelled_at_once_or_not_at_all(shop: Any) -> None:
    trial = await shop.in_state("trialing")
    with pytest.raises(InvalidTransition) as refused:
        await shop.world.use(CancelSubscription)(shop.admin, trial.id)
    assert (refused.value.source, refused.value.target) == ("trialing", "cancelling")
    assert refused.value.allowed == ("active", "cancelled", "suspended")
    await shop.world.use(CancelSubscription)(shop.admin, trial.id, immediate=True)
    assert (await shop.stored(trial.id)).status is S.CANCELLED


async def test_cancelling_twice_is_refused_and_changes_nothing(shop: Any) -> None:
    sold = await shop.in_state("cancelling")
    with pytest.raises(InvalidTransition):
        await shop.world.use(CancelSubscription)(shop.admin, sold.id)
    assert (await shop.stored(sold.id)).version == sold.version


async def test_after_a_new_cadence_the_running_period_is_the_old_one(shop: Any) -> None:
    sold = await shop.subscribe()
    async with shop.world.work.begin(shop.admin) as work:
        paid = await work.subscriptions.get(sold.id)
        paid.bill(next(paid.schedule.due(date(2026, 1, 15))))
        paid.record_billing(None, (0,))
        await work.subscriptions.save(paid)
        await work.commit()
    yearly = await shop.plan("yearly", billing_period=Cadence.YEARLY)
    await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key=yearly)
    cancelled = await shop.world.use(CancelSubscription)(shop.admin, sold.id)
    assert cancelled.pending_cancellation_at == datetime(2026, 2, 14, 23, tzinfo=UTC)
    assert cancelled.next_billing_on is None  # not a whole year for a month that was paid


async def test_a_reason_has_an_end(shop: Any) -> None:
    sold = await shop.subscribe()
    with pytest.raises(Invalid) as refused:
        await shop.world.use(CancelSubscription)(shop.admin, sold.id, reason="x" * 501)
    assert refused.value.fields[0].pointer == "/reason"


# -- suspend and resume ------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["active", "trialing", "past_due"])
async def test_a_suspension_stops_service_and_accrual(shop: Any, state: str) -> None:
    sold = await shop.in_state(state)
    await shop.world.use(SuspendSubscription)(shop.admin, sold.id, reason="unpaid")
    stored = await shop.stored(sold.id)
    assert (stored.status, stored.suspension_reason) == (S.SUSPENDED, "unpaid")
    assert stored.next_billing_on is None
    (told,) = shop.announced("subscription.suspended.v1")
    assert (told["status"], told["reason"]) == ("suspended", "unpaid")


async def test_a_resumed_subscription_owes_the_rest_of_the_running_period(shop: Any) -> None:
    sold = await shop.subscribe(start_date=date(2026, 1, 1))
    shop.world.clock.set(datetime(2026, 1, 20, 12, tzinfo=UTC))
    await shop.world.use(SuspendSubscription)(shop.admin, sold.id)
    shop.world.clock.set(datetime(2026, 4, 11, 12, tzinfo=UTC))
    await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    stored = await shop.stored(sold.id)
    assert stored.status is S.ACTIVE
    assert stored.current_period == Period(date(2026, 4, 1), date(2026, 5, 1))
    assert periods_due(stored, date(2026, 5, 1)) == [
        (date(2026, 1, 1), date(2026, 2, 1)),  # began before the pause
        (date(2026, 4, 11), date(2026, 5, 1)),  # the rest, pro rata; February and March never
        (date(2026, 5, 1), date(2026, 6, 1)),
    ]
    (told,) = shop.announced("subscription.resumed.v1")
    assert (told["status"], told["current_period_start"]) == ("active", "2026-04-01")


async def test_resumed_and_suspended_again_on_the_same_day_it_owes_nothing(shop: Any) -> None:
    sold = await shop.subscribe(start_date=date(2026, 1, 1))
    shop.world.clock.set(datetime(2026, 1, 20, 12, tzinfo=UTC))
    await shop.world.use(SuspendSubscription)(shop.admin, sold.id)
    shop.world.clock.set(datetime(2026, 4, 11, 12, tzinfo=UTC))
    await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    await shop.world.use(SuspendSubscription)(shop.admin, sold.id)
    shop.world.clock.set(datetime(2026, 4, 21, 12, tzinfo=UTC))
    await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    stored = await shop.stored(sold.id)
    assert periods_due(stored, date(2026, 4, 30)) == [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 4, 21), date(2026, 5, 1)),
    ]


async def test_a_suspension_within_a_day_costs_and_saves_nothing(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.use(SuspendSubscription)(shop.admin, sold.id)
    await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    stored = await shop.stored(sold.id)
    assert stored.schedule.pauses == ()
    assert stored.next_billing_on == date(2026, 1, 15)


async def test_a_trial_that_was_suspended_begins_to_pay_when_it_resumes(shop: Any) -> None:
    trial = await shop.in_state("trialing")
    await shop.world.use(SuspendSubscription)(shop.admin, trial.id)
    shop.world.clock.advance(days=20)
    resumed = await shop.world.use(ResumeSubscription)(shop.admin, trial.id)
    assert resumed.next_billing_on == date(2026, 2, 4)
    assert len(shop.announced("subscription.activated.v1")) == 1


async def test_a_cancellation_can_be_taken_back(shop: Any) -> None:
    sold = await shop.in_state("cancelling")
    await shop.world.use(ResumeSubscription)(shop.buyer, sold.id)
    stored = await shop.stored(sold.id)
    assert (stored.status, stored.pending_cancellation_at, stored.cancellation_reason) == (S.ACTIVE, None, None)
    assert stored.schedule.until is None
    assert shop.announced("subscription.changed.v1")[-1]["change_kind"] == "scheduled_cancellation_undone"
    assert shop.announced("subscription.resumed.v1") == []


async def test_only_an_administrator_ends_a_suspension(shop: Any) -> None:
    sold = await shop.in_state("suspended")
    with pytest.raises(Forbidden):
        await shop.world.use(ResumeSubscription)(shop.buyer, sold.id)
    assert (await shop.world.use(ResumeSubscription)(shop.admin, sold.id)).status is S.ACTIVE


@pytest.mark.parametrize("state", ["past_due", "trialing"])
async def test_what_runs_cannot_be_resumed(shop: Any, state: str) -> None:
    sold = await shop.in_state(state)
    with pytest.raises(Refused) as refused:
        await shop.world.use(ResumeSubscription)(shop.admin, sold.id)
    assert refused.value.code == "not_resumable"


@pytest.mark.parametrize("state", ["cancelled", "expired"])
async def test_the_end_is_final(shop: Any, state: str) -> None:
    sold = await shop.in_state(state)
    for verb in (
        shop.world.use(ResumeSubscription)(shop.admin, sold.id),
        shop.world.use(SuspendSubscription)(shop.admin, sold.id),
        shop.world.use(CancelSubscription)(shop.admin, sold.id),
        shop.world.use(CancelSubscription)(shop.admin, sold.id, immediate=True),
    ):
        with pytest.raises(InvalidTransition) as refused:
            await verb
        assert refused.value.allowed == ()
    assert (await shop.stored(sold.id)).version == sold.version


# -- override ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", STATES)
@pytest.mark.parametrize("target", list(S))
async def test_an_override_makes_exactly_the_moves_of_the_table(shop: Any, source: str, target: S) -> None:
    sold = await shop.in_state(source)
    override = shop.world.use(OverrideSubscription)
    if target in SUBSCRIPTION_LIFECYCLE.targets(S(source)):
        assert (await override(shop.admin, sold.id, status=target)).status is target
        assert shop.announced("subscription.changed.v1")[-1]["change_kind"] == "status_change"
    else:
        with pytest.raises(InvalidTransition):
            await override(shop.admin, sold.id, status=target)
        assert (await shop.stored(sold.id)).version == sold.version


async def test_an_overridden_state_has_the_effects_of_the_verb(shop: Any) -> None:
    sold = await shop.subscribe()
    override = shop.world.use(OverrideSubscription)
    failing = await override(shop.admin, sold.id, status=S.PAST_DUE)
    assert failing.past_due_since == shop.world.clock.now()
    assert len(shop.announced("subscription.payment_failed.v1")) == 1
    paid = await override(shop.admin, sold.id, status=S.ACTIVE)
    assert paid.past_due_since is None
    await override(shop.admin, sold.id, status=S.SUSPENDED)
    assert len(shop.announced("subscription.suspended.v1")) == 1
    await override(shop.admin, sold.id, status=S.ACTIVE)
    await override(shop.admin, sold.id, status=S.EXPIRED)
    assert shop.announced("subscription.cancelled.v1")[0]["terminal_state"] == "expired"


async def test_an_overridden_trial_pays_from_today(shop: Any) -> None:
    trial = await shop.in_state("trialing")
    shop.world.clock.advance(days=2)
    converted = await shop.world.use(OverrideSubscription)(shop.admin, trial.id, status=S.ACTIVE)
    assert converted.next_billing_on == date(2026, 1, 17)


async def test_a_new_plan_counts_from_the_next_cycle(shop: Any) -> None:
    sold = await shop.subscribe()
    dearer = await shop.plan("enterprise", base_price_cents=49900)
    changed = await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key=dearer)
    assert (changed.plan_key, changed.status) == ("scaikey.enterprise", S.ACTIVE)
    (told,) = shop.announced("subscription.changed.v1")
    assert (told["change_kind"], told["plan_key"]) == ("plan_change", "scaikey.enterprise")
    assert told["previous"] == {"plan_id": "pln_1", "plan_key": "scaikey.pro"}
    assert told["mrr_amount_cents"] == 49900


async def test_plan_and_state_change_together_as_two_events(shop: Any) -> None:
    sold = await shop.subscribe()
    dearer = await shop.plan("enterprise")
    await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key=dearer, status=S.PAST_DUE)
    kinds = [told["change_kind"] for told in shop.announced("subscription.changed.v1")]
    assert kinds == ["plan_change", "status_change"]
    keys = [event.idempotency_key for event in shop.world.store.outbox]
    assert len(keys) == len(set(keys))


async def test_both_or_neither(shop: Any) -> None:
    sold = await shop.subscribe()
    with pytest.raises(InvalidTransition):
        await shop.world.use(OverrideSubscription)(
            shop.admin, sold.id, plan_key=await shop.plan("enterprise"), status=S.TRIALING
        )
    assert (await shop.stored(sold.id)).plan_key == "scaikey.pro"


async def test_a_cadence_begins_where_the_paid_time_ends(shop: Any) -> None:
    sold = await shop.subscribe()
    yearly = await shop.plan("yearly", billing_period=Cadence.YEARLY)
    async with shop.world.work.begin(shop.admin) as work:
        paid = await work.subscriptions.get(sold.id)
        paid.bill(next(paid.schedule.due(date(2026, 1, 15))))
        paid.record_billing(None, (0,))
        await work.subscriptions.save(paid)
        await work.commit()
    shop.world.clock.advance(days=5)
    changed = await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key=yearly)
    assert periods_due(changed, date(2027, 1, 1)) == [(date(2026, 2, 15), date(2027, 2, 15))]
    assert changed.current_period == Period(date(2026, 1, 15), date(2026, 2, 15))


async def test_a_cadence_after_a_one_time_charge_begins_today(shop: Any) -> None:
    sold = await shop.subscribe(await shop.plan("setup", billing_period=Cadence.ONE_TIME))
    async with shop.world.work.begin(shop.admin) as work:
        paid = await work.subscriptions.get(sold.id)
        paid.bill(next(paid.schedule.due(date(2026, 1, 15))))
        paid.record_billing(None, (0,))
        await work.subscriptions.save(paid)
        await work.commit()
    shop.world.clock.set(datetime(2026, 6, 10, 12, tzinfo=UTC))
    changed = await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key="scaikey.pro")
    assert periods_due(changed, date(2026, 6, 30)) == [(date(2026, 6, 10), date(2026, 7, 10))]


async def test_the_same_plan_again_is_no_change(shop: Any) -> None:
    sold = await shop.subscribe()
    same = await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key="scaikey.pro")
    assert same.version == sold.version
    assert shop.announced("subscription.changed.v1") == []


@pytest.mark.parametrize("state", ["cancelling", "cancelled", "expired"])
async def test_what_is_ending_keeps_its_plan(shop: Any, state: str) -> None:
    sold = await shop.in_state(state)
    with pytest.raises(Refused) as refused:
        await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key="scaikey.starter")
    assert refused.value.code == "plan_fixed"


async def test_an_override_says_what(shop: Any) -> None:
    sold = await shop.subscribe()
    with pytest.raises(Invalid) as refused:
        await shop.world.use(OverrideSubscription)(shop.admin, sold.id)
    assert refused.value.code == "nothing_to_override"


async def test_a_plan_of_another_service_or_of_the_past_is_refused(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.keep(builders.new_service(ServiceId("svc_2"), "scaisend"))
    other = await shop.plan("pro", (ServiceId("svc_2"), "scaisend"))
    gone = await shop.plan("old", is_active=False)
    for key, code in ((other, "plan_of_other_service"), (gone, "plan_unavailable")):
        with pytest.raises(Invalid) as refused:
            await shop.world.use(OverrideSubscription)(shop.admin, sold.id, plan_key=key)
        assert refused.value.code == code


# -- reading, and who may ----------------------------------------------------------------------


async def test_reading_back(shop: Any) -> None:
    sold = await shop.subscribe()
    await shop.world.use(SuspendSubscription)(shop.admin, sold.id)
    assert (await shop.world.use(GetSubscription)(shop.visitor, sold.id)).id == sold.id
    page = await shop.world.use(ListSubscriptions)(shop.visitor, SubscriptionFilter(status=S.SUSPENDED), PageRequest())
    assert [each.id for each in page.items] == [sold.id]
    history = await shop.world.use(ReadHistory)(shop.admin, SUBSCRIPTION, sold.id, PageRequest())
    assert [entry.action for entry in history.items] == [
        "subscription.suspended",
        "subscription.activated",
        "subscription.created",
    ]
    assert {entry.user_id for entry in history.items} == {"system:shop"}


STRANGERS = (
    Actor.tenant_user("mallory", TenantId("tnt_other"), OPERATOR_ID, Role.TENANT_ADMIN),
    Actor.partner_admin("rita", PartnerId("prt_reseller")),
)


@pytest.mark.parametrize("stranger", STRANGERS, ids=["tenant", "partner"])
async def test_a_strangers_subscription_is_not_there(shop: Any, stranger: Actor) -> None:
    sold = await shop.subscribe()
    verbs = [
        shop.world.use(GetSubscription)(stranger, sold.id),
        shop.world.use(CancelSubscription)(stranger, sold.id),
        shop.world.use(ResumeSubscription)(stranger, sold.id),
    ]
    if stranger.scope.partner_id == "prt_reseller":
        verbs += [
            shop.world.use(SuspendSubscription)(stranger, sold.id),
            shop.world.use(OverrideSubscription)(stranger, sold.id, status=S.CANCELLED),
            shop.world.use(ReadHistory)(stranger, SUBSCRIPTION, sold.id, PageRequest()),
        ]
    for verb in verbs:
        with pytest.raises(NotFound) as missing:
            await verb
        assert missing.value.code == "subscription_not_found"
    page = await shop.world.use(ListSubscriptions)(stranger, SubscriptionFilter(), PageRequest())
    assert (page.items, page.total) == ((), 0)


async def test_nobody_does_what_they_may_not(shop: Any) -> None:
    sold = await shop.subscribe()
    for verb in (
        shop.world.use(CancelSubscription)(shop.visitor, sold.id),
        shop.world.use(ResumeSubscription)(shop.visitor, sold.id),
        shop.world.use(SuspendSubscription)(shop.buyer, sold.id),
        shop.world.use(OverrideSubscription)(shop.buyer, sold.id, status=S.CANCELLED),
        shop.world.use(ReadHistory)(shop.buyer, SUBSCRIPTION, sold.id, PageRequest()),
        shop.world.use(GetSubscription)(Actor.anonymous(), sold.id),
        shop.world.use(ListSubscriptions)(Actor.anonymous(), SubscriptionFilter(), PageRequest()),
    ):
        with pytest.raises(Forbidden):
            await verb
    assert (await shop.stored(sold.id)).version == 1


async def test_an_unknown_id_is_not_found(shop: Any) -> None:
    with pytest.raises(NotFound):
        await shop.world.use(CancelSubscription)(shop.admin, SubscriptionId("sub_nothing"))

"""What every store of subscriptions promises, and the audit log's readers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve, fields

from scaicontrol_core.access import Actor, ActorKind, Role
from scaicontrol_core.audit.ports import AuditFilter
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, Stale
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.subscriptions import BillingSchedule, Pause, Subscription, SubscriptionStatus
from scaicontrol_core.subscriptions.legs import Leg
from scaicontrol_core.subscriptions.ports import SubscriptionFilter
from scaicontrol_core.subscriptions.terms import Accrual, Adjustment, PendingChange, Terms
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
RESELLER, RIVAL = PartnerId("prt_reseller"), PartnerId("prt_rival")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")
PARTNER = Actor.partner_admin("rita", RESELLER)
TENANT = Actor.tenant_user("tim", OURS, RESELLER, Role.TENANT_ADMIN)
SERVICE = Actor(ActorKind.SERVICE, "scaikey", Scope.service("scaikey"))
JAN_31 = date(2026, 1, 31)


@pytest.fixture
async def market(work_factory: Any) -> Any:
    """Two resellers with a customer each."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        for partner_id, tenant_id, prefix in ((RESELLER, OURS, "RES"), (RIVAL, THEIRS, "RIV")):
            await work.partners.add(
                builders.new_partner(partner_id, operator=False, name=prefix, invoice_number_prefix=prefix)
            )
            await work.tenants.add(builders.new_tenant(tenant_id, partner_id))
        await work.commit()
    return work_factory


def subscription(number: int = 1, tenant_id: TenantId = OURS, **fields: Any) -> Subscription:
    usual: dict[str, Any] = {
        "id": SubscriptionId(f"sub_{number:03d}"),
        "partner_id": RESELLER if tenant_id.startswith("tnt_ours") else RIVAL,
        "tenant_id": tenant_id,
        "service_id": ServiceId(f"svc_{number}"),
        "plan_id": PlanId("pln_1"),
        "plan_key": "scaikey.pro",
        "starts_on": JAN_31,
        "created_at": DEFAULT_START + timedelta(minutes=number),
        "status": SubscriptionStatus.ACTIVE,
        "schedule": BillingSchedule(JAN_31, Cadence.MONTHLY),
    }
    return Subscription(**(usual | fields))


async def keep(market: Any, *subscriptions: Subscription) -> None:
    async with market.begin(PLATFORM) as work:
        for each in subscriptions:
            each.record_creation(builders.new_plan())
            await work.subscriptions.add(each)
        await work.commit()


async def test_every_field_survives(market: Any) -> None:
    whole = subscription(
        quantity=3,
        exclusive=False,
        status=SubscriptionStatus.SUSPENDED,
        schedule=BillingSchedule(
            JAN_31,
            Cadence.QUARTERLY,
            2,
            5,
            date(2027, 1, 31),
            (Pause(date(2026, 3, 1), date(2026, 4, 1)), Pause(JAN_31)),
            -2,
            (Leg(0, JAN_31, Cadence.MONTHLY), Leg(1, JAN_31, Cadence.MONTHLY, 1, date(2026, 3, 15))),
        ),
        current_period=Period(JAN_31, date(2026, 2, 28)),
        trial_ends_at=datetime(2026, 1, 30, 23, 0, 0, 1, tzinfo=UTC),
        pending_cancellation_at=DEFAULT_START,
        past_due_since=DEFAULT_START,
        activated_at=DEFAULT_START,
        cancelled_at=DEFAULT_START,
        cancellation_reason="Zu teuer — leider",
        suspension_reason="pause",
        term_ends_at=DEFAULT_START,
        term_ends_on=JAN_31,
        resumes_at=DEFAULT_START,
        trial_notice=3,
        terms_by_period=(
            Terms(from_ordinal=0, plan_id=PlanId("pln_0"), plan_key="scaikey.basic", quantity=1),
            Terms(from_ordinal=2, plan_id=PlanId("pln_1"), plan_key="scaikey.pro", quantity=3),
        ),
        accruing=Accrual(
            ordinal=1,
            plan_id=PlanId("pln_0"),
            plan_key="scaikey.basic",
            quantity=1,
            price_cents=4900,
            divisor=2678400,
            currency="EUR",
        ),
        pending_change=PendingChange(
            plan_id=PlanId("pln_2"),
            plan_key="scaikey.max",
            quantity=7,
            effective_on=date(2026, 2, 28),
            effective_at=datetime(2026, 2, 27, 23, 0, 0, 1, tzinfo=UTC),
            from_ordinal=2,
            replaced=(Leg(2, JAN_31, Cadence.YEARLY, 12),),
        ),
        adjustments=(
            Adjustment(
                number=4,
                plan_id=PlanId("pln_0"),
                plan_key="scaikey.basic",
                units=-(10**12),
                divisor=2678400,
                price_cents=4900,
                currency="JPY",
                start=JAN_31,
                end=date(2026, 2, 28),
                due_on=date(2026, 2, 1),
            ),
        ),
        adjustment_count=5,
        metadata={"seats": [1, 2], "note": "é\u2028"},
    )
    await keep(market, whole)
    async with market.begin(PLATFORM, read_only=True) as work:
        seen = await work.subscriptions.get(whole.id)
    names = [attribute.name for attribute in fields(Subscription) if not attribute.name.startswith("_")]
    assert {name: getattr(seen, name) for name in names} == {name: getattr(whole, name) for name in names}
    assert (seen.status, seen.schedule.cadence) == (SubscriptionStatus.SUSPENDED, Cadence.QUARTERLY)


async def test_what_has_no_schedule_yet_reads_back_without_one(market: Any) -> None:
    await keep(market, subscription(status=SubscriptionStatus.PENDING, schedule=None))
    async with market.begin(PLATFORM, read_only=True) as work:
        seen = await work.subscriptions.get(SubscriptionId("sub_001"))
    assert (seen.schedule, seen.current_period, seen.status) == (None, None, SubscriptionStatus.PENDING)


async def test_one_live_subscription_a_tenant_and_service(market: Any) -> None:
    first = subscription(1, service_id=ServiceId("svc"))
    await keep(market, first, subscription(2, service_id=ServiceId("svc"), exclusive=False))
    with pytest.raises(Conflict) as refused:
        await keep(market, subscription(3, service_id=ServiceId("svc")))
    assert refused.value.code == "subscription_exists"
    await keep(market, subscription(4, THEIRS, service_id=ServiceId("svc")))
    async with market.begin(PLATFORM) as work:
        ended = await work.subscriptions.get(first.id)
        ended.cancel(builders.new_plan(), DEFAULT_START, JAN_31)
        await work.subscriptions.save(ended)
        await work.commit()
    await keep(market, subscription(5, service_id=ServiceId("svc")))


async def test_live_ones_and_past_trials_are_found(market: Any) -> None:
    await keep(
        market,
        subscription(1, status=SubscriptionStatus.CANCELLED, trial_ends_at=DEFAULT_START),
        subscription(2, status=SubscriptionStatus.PAST_DUE),
    )
    async with market.begin(PLATFORM, read_only=True) as work:
        assert await work.subscriptions.find_live(OURS, ServiceId("svc_1")) is None
        assert (await work.subscriptions.find_live(OURS, ServiceId("svc_2"))).id == "sub_002"
        assert await work.subscriptions.find_live(THEIRS, ServiceId("svc_2")) is None
        assert await work.subscriptions.had_trial(OURS, ServiceId("svc_1"))
        assert not await work.subscriptions.had_trial(OURS, ServiceId("svc_2"))


async def test_two_writers_never_both_win(market: Any) -> None:
    await keep(market, subscription(1), subscription(2))
    async with market.begin(PLATFORM, read_only=True) as work:
        ours = [await work.subscriptions.get(SubscriptionId(f"sub_00{number}")) for number in (1, 2)]
        theirs = await work.subscriptions.get(SubscriptionId("sub_002"))
    async with market.begin(PLATFORM) as work:
        theirs.suspend(builders.new_plan(), JAN_31)
        await work.subscriptions.save(theirs)
        await work.commit()
    for each in ours:
        each.suspend(builders.new_plan(), JAN_31)
    with pytest.raises(Stale):
        await _save_many(market, ours)
    async with market.begin(PLATFORM, read_only=True) as work:
        untouched = await work.subscriptions.get(SubscriptionId("sub_001"))
    assert (untouched.status, untouched.version) == (SubscriptionStatus.ACTIVE, 1)


async def _save_many(market: Any, subscriptions: list[Subscription]) -> None:
    async with market.begin(PLATFORM) as work:
        await work.subscriptions.save_many(subscriptions)
        await work.commit()


async def test_many_are_saved_at_once(market: Any) -> None:
    many = [subscription(number) for number in range(1, 8)]
    await keep(market, *many)
    for each in many:
        each.quantity = 2
    await _save_many(market, many)
    await _save_many(market, [])
    assert {each.version for each in many} == {2}
    async with market.begin(PLATFORM, read_only=True) as work:
        kept = (await work.subscriptions.list(SubscriptionFilter(), PageRequest())).items
    assert {(each.quantity, each.version) for each in kept} == {(2, 2)}


async def test_lists_are_filtered_sorted_and_paged(market: Any) -> None:
    states = list(SubscriptionStatus)
    await keep(market, *(subscription(number, status=state) for number, state in enumerate(states)))
    await keep(market, subscription(90, THEIRS))
    async with market.begin(PLATFORM, read_only=True) as work:

        async def listed(page: PageRequest, **wanted: Any) -> list[str]:
            return [each.id for each in (await work.subscriptions.list(SubscriptionFilter(**wanted), page)).items]

        newest = [f"sub_{number:03d}" for number in (90, *reversed(range(len(states))))]
        assert await listed(PageRequest()) == newest
        assert await listed(PageRequest(sort="created_at")) == newest[::-1]
        assert await listed(PageRequest(), tenant_id=THEIRS) == ["sub_090"]
        assert await listed(PageRequest(), partner_id=RIVAL) == ["sub_090"]
        assert await listed(PageRequest(), status=SubscriptionStatus.TRIALING) == ["sub_001"]
        assert await listed(PageRequest(), service_id=ServiceId("svc_3")) == ["sub_003"]
        assert await listed(PageRequest(), plan_id=PlanId("pln_none")) == []
        by_status, cursor = [], None
        while True:
            page = await work.subscriptions.list(
                SubscriptionFilter(), PageRequest(limit=2, sort="-status", cursor=cursor)
            )
            assert page.total == len(newest)
            by_status += [each.status for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert by_status == sorted(by_status, reverse=True)
        assert len(by_status) == len(newest)
        second = await work.subscriptions.list(SubscriptionFilter(), PageRequest(limit=3, page=2))
        assert [each.id for each in second.items] == newest[3:6]


async def test_the_due_are_given_tenant_by_tenant(market: Any) -> None:
    tenants = [TenantId(f"tnt_ours_{number}") for number in range(5)]
    async with market.begin(PLATFORM) as work:
        for tenant_id in tenants:
            await work.tenants.add(builders.new_tenant(tenant_id, RESELLER))
        await work.commit()
    later = BillingSchedule(date(2026, 6, 1), Cadence.MONTHLY)
    await keep(
        market,
        *(subscription(number, tenants[number // 2]) for number in range(6)),
        subscription(6, tenants[3], schedule=later),
        subscription(7, tenants[4], status=SubscriptionStatus.TRIALING, schedule=None),
        subscription(8, THEIRS),
    )
    async with market.begin(PLATFORM, read_only=True) as work:

        async def due(cutoff: date = JAN_31, after: Any = None, count: int = 9, **only: Any) -> list[str]:
            found = await work.subscriptions.due([RESELLER], cutoff, after=after, tenants=count, **only)
            return [each.id[-1] for each in found]

        assert await due() == list("012345")
        assert await due(count=1) == list("01")
        assert await due(after=tenants[0], count=1) == list("23")
        assert await due(after=tenants[2]) == []
        assert await due(date(2026, 1, 30)) == []
        assert await due(date(2026, 6, 1)) == list("0123456")
        assert await due(only=tenants[1]) == list("23")
        assert await work.subscriptions.count_due_tenants([RESELLER, RIVAL], JAN_31) == 4
        assert await work.subscriptions.count_due_tenants([RESELLER], JAN_31, only=tenants[1]) == 1
        assert list(await work.subscriptions.due([], JAN_31, after=None, tenants=9)) == []


async def test_the_ripe_are_those_whose_hour_has_come(market: Any) -> None:
    now, soon = DEFAULT_START, DEFAULT_START + timedelta(seconds=1)
    states = SubscriptionStatus
    await keep(
        market,
        subscription(1, status=states.TRIALING, trial_ends_at=now),
        subscription(2, status=states.TRIALING, trial_ends_at=soon),
        subscription(3, status=states.CANCELLING, pending_cancellation_at=now),
        subscription(4, status=states.ACTIVE, trial_ends_at=now, term_ends_at=now),
        subscription(5, status=states.ACTIVE, trial_ends_at=now),
        subscription(6, status=states.CANCELLED, pending_cancellation_at=now),
    )
    async with market.begin(PLATFORM, read_only=True) as work:
        ripe = work.subscriptions.ripe
        assert [each[-1] for each in await ripe(now, after=None, limit=9)] == ["1", "3", "4"]
        assert [each[-1] for each in await ripe(now, after=SubscriptionId("sub_001"), limit=1)] == ["3"]
        assert len(await ripe(soon, after=None, limit=9)) == 4


async def test_a_plans_live_subscriptions_are_counted(market: Any) -> None:
    await keep(market, subscription(1), subscription(2, THEIRS), subscription(3, status=SubscriptionStatus.EXPIRED))
    async with market.begin(PLATFORM, read_only=True) as work:
        assert await work.plans.live_subscriptions(PlanId("pln_1")) == 2
        assert await work.plans.was_subscribed(PlanId("pln_1"))
        assert not await work.plans.was_subscribed(PlanId("pln_none"))


@pytest.mark.parametrize("actor", [PARTNER, TENANT], ids=["partner", "tenant"])
async def test_a_scope_holds_its_own_subscriptions_only(market: Any, actor: Actor) -> None:
    own, foreign = subscription(1), subscription(2, THEIRS)
    await keep(market, own, foreign)
    async with market.begin(actor) as work:
        assert [each.id for each in (await work.subscriptions.list(SubscriptionFilter(), PageRequest())).items] == [
            own.id
        ]
        with pytest.raises(NotFound) as missing:
            await work.subscriptions.get(foreign.id)
        with pytest.raises(OutOfScope):
            await work.subscriptions.add(subscription(3, THEIRS))
        with pytest.raises(OutOfScope):
            await work.subscriptions.save(foreign)
    assert missing.value.code == "subscription_not_found"
    async with market.begin(SERVICE, read_only=True) as work:
        assert (await work.subscriptions.list(SubscriptionFilter(), PageRequest())).total == 0


async def test_the_history_of_a_thing_is_read_newest_first_within_scope(market: Any) -> None:
    own = subscription(1)
    await keep(market, own)
    own.suspend(builders.new_plan(), JAN_31, "pause")
    own.resume(builders.new_plan(), JAN_31)
    async with market.begin(PARTNER) as work:
        await work.subscriptions.save(own)
        await work.commit()
    async with market.begin(TENANT, read_only=True) as work:
        first = await work.audit_log.history("subscription", own.id, PageRequest(limit=2))
        rest = await work.audit_log.history("subscription", own.id, PageRequest(limit=2, cursor=first.next_cursor))
    entries = [*first.items, *rest.items]
    assert first.total == 3
    assert [entry.action for entry in reversed(entries)] == [
        "subscription.created",
        "subscription.suspended",
        "subscription.resumed",
    ]
    assert (entries[0].user_id, entries[0].tenant_id, entries[-1].user_id) == ("rita", OURS, "system:contract")
    foreign = Actor.tenant_user("eve", THEIRS, RIVAL)
    for actor in (foreign, SERVICE):
        async with market.begin(actor, read_only=True) as work:
            assert (await work.audit_log.history("subscription", own.id, PageRequest())).items == ()
            assert not await work.audit_log.knows("subscription", own.id)


async def test_the_log_knows_what_is_there_and_is_narrowed_by_whom_and_what(market: Any) -> None:
    own = subscription(1)
    await keep(market, own)
    asking = evolve(PARTNER, request_id="req-7")
    own.suspend(builders.new_plan(), JAN_31, "pause")
    async with market.begin(asking) as work:
        await work.subscriptions.save(own)
        await work.commit()
    async with market.begin(PARTNER, read_only=True) as work:
        assert await work.audit_log.knows("subscription", own.id)
        assert not await work.audit_log.knows("subscription", "sub_never")
        assert not await work.audit_log.knows("invoice", own.id)
        for criteria, count in (
            (AuditFilter(resource_id=own.id), 2),
            (AuditFilter(resource_id=own.id, actor_kind="user"), 1),
            (AuditFilter(request_id="req-7"), 1),
            (AuditFilter(request_id="req-8"), 0),
            (AuditFilter(resource_id=own.id, actions=("subscription.created", "subscription.resumed")), 1),
        ):
            assert (await work.audit_log.list(PageRequest(), criteria)).total == count, criteria


async def test_trials_that_end_by_an_instant_are_found_in_order(market: Any) -> None:
    trial: dict[str, Any] = {"status": SubscriptionStatus.TRIALING, "schedule": None}
    await keep(
        market,
        subscription(1, trial_ends_at=DEFAULT_START, **trial),
        subscription(2, trial_ends_at=DEFAULT_START + timedelta(days=9), **trial),
        subscription(3, THEIRS, trial_ends_at=DEFAULT_START - timedelta(days=9), **trial),
        subscription(4, trial_ends_at=DEFAULT_START),
        subscription(5, trial_ends_at=DEFAULT_START, **trial),
    )
    async with market.begin(PLATFORM, read_only=True) as work:
        find = work.subscriptions.trials_ending
        assert list(await find(DEFAULT_START, after=None, limit=9)) == ["sub_001", "sub_003", "sub_005"]
        assert list(await find(DEFAULT_START, after=SubscriptionId("sub_001"), limit=1)) == ["sub_003"]


async def test_an_adjustment_makes_a_subscription_due_even_after_its_end(market: Any) -> None:
    waiting = Adjustment(
        number=0,
        plan_id=PlanId("pln_1"),
        plan_key="scaikey.pro",
        units=86400,
        divisor=2678400,
        price_cents=4900,
        currency="EUR",
        start=JAN_31,
        end=date(2026, 2, 1),
        due_on=date(2026, 2, 10),
    )
    over: dict[str, Any] = {
        "status": SubscriptionStatus.CANCELLED,
        "schedule": None,
        "adjustments": (waiting,),
        "adjustment_count": 1,
    }
    paused: dict[str, Any] = {"status": SubscriptionStatus.SUSPENDED, "resumes_at": DEFAULT_START}
    await keep(market, subscription(1, **over), subscription(2, THEIRS, **paused))
    async with market.begin(PLATFORM, read_only=True) as work:
        due = work.subscriptions.due
        assert await due([RESELLER], date(2026, 2, 9), after=None, tenants=9) == []
        assert [each.id for each in await due([RESELLER], date(2026, 2, 10), after=None, tenants=9)] == ["sub_001"]
        assert list(await work.subscriptions.ripe(DEFAULT_START, after=None, limit=9)) == ["sub_002"]


async def test_a_plan_that_is_only_planned_or_still_to_be_billed_counts_as_subscribed(market: Any) -> None:
    planned = PendingChange(
        plan_id=PlanId("pln_next"),
        plan_key="scaikey.next",
        quantity=1,
        effective_on=JAN_31,
        effective_at=DEFAULT_START,
        from_ordinal=None,
    )
    before = Terms(from_ordinal=0, plan_id=PlanId("pln_before"), plan_key="scaikey.before", quantity=1)
    await keep(market, subscription(1, pending_change=planned, terms_by_period=(before,)))
    async with market.begin(PLATFORM, read_only=True) as work:
        for name in ("pln_1", "pln_next", "pln_before"):
            assert await work.plans.was_subscribed(PlanId(name))
        for name in ("pln", "pln_nex", "pln%"):
            assert not await work.plans.was_subscribed(PlanId(name))

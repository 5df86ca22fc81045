"""Selling a plan to a customer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, ScaiControlError
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, TenantId
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions import SubscriptionStatus
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork

RESELLER = PartnerId("prt_reseller")


async def test_a_sale_begins_today_and_owes_its_first_period(shop: Any) -> None:
    sold = await shop.subscribe()
    stored = await shop.stored(sold.id)
    assert stored.status is SubscriptionStatus.ACTIVE
    assert (stored.starts_on, stored.next_billing_on) == (date(2026, 1, 15), date(2026, 1, 15))
    assert stored.current_period == Period(date(2026, 1, 15), date(2026, 2, 15))
    assert (stored.plan_key, stored.quantity, stored.version) == ("scaikey.pro", 1, 1)


async def test_the_activation_tells_everything_a_service_needs(shop: Any) -> None:
    sold = await shop.subscribe(quantity=3)
    assert shop.announced("subscription.activated.v1") == [
        {
            "subscription_id": sold.id,
            "service_id": SERVICE_ID,
            "plan_id": sold.plan_id,
            "plan_key": "scaikey.pro",
            "status": "active",
            "quantity": 3,
            "mrr_amount_cents": 59700,
            "currency": "EUR",
            "current_period_start": "2026-01-15",
            "current_period_end": "2026-02-15",
            "trial_ends_at": None,
            "activated_at": "2026-01-15T09:30:00Z",
        }
    ]
    event = shop.world.store.outbox[-1]
    assert event.idempotency_key == f"subscription:{sold.id}:activated:1"
    assert (event.tenant_id, event.aggregate_version, event.sequence) == (TENANT_ID, 1, 1)
    log = [entry.action for entry in shop.world.store.audit if entry.resource_id == sold.id]
    assert log == ["subscription.created", "subscription.activated"]


async def test_a_first_trial_costs_nothing_until_it_ends(shop: Any) -> None:
    key = await shop.plan("starter", trial_days=14)
    sold = await shop.subscribe(key)
    assert sold.status is SubscriptionStatus.TRIALING
    assert sold.trial_ends_at == datetime(2026, 1, 28, 23, 0, tzinfo=UTC)  # midnight of the 29th in Amsterdam
    assert (sold.schedule, sold.next_billing_on) == (None, None)
    assert shop.announced("subscription.activated.v1")[0]["status"] == "trialing"


async def test_a_second_trial_of_the_same_service_is_none(shop: Any) -> None:
    key = await shop.plan("starter", trial_days=14)
    first = await shop.subscribe(key)
    async with shop.world.work.begin(shop.admin) as work:
        trial = await work.subscriptions.get(first.id)
        trial.cancel(await work.plans.by_key(key), shop.world.clock.now(), date(2026, 1, 15))
        await work.subscriptions.save(trial)
        await work.commit()
    again = await shop.subscribe(key)
    assert again.status is SubscriptionStatus.ACTIVE
    assert again.next_billing_on == date(2026, 1, 15)


async def test_a_plan_that_is_only_a_trial_is_had_once(shop: Any) -> None:
    key = await shop.plan("trial", trial_days=14, base_price_cents=0)
    first = await shop.subscribe(key)
    async with shop.world.work.begin(shop.admin) as work:
        trial = await work.subscriptions.get(first.id)
        trial.cancel(await work.plans.by_key(key), shop.world.clock.now(), date(2026, 1, 15))
        await work.subscriptions.save(trial)
        await work.commit()
    with pytest.raises(Conflict) as refused:
        await shop.subscribe(key)
    assert refused.value.code == "trial_used"
    assert refused.value.fields[0].pointer == "/plan_key"


async def test_a_trial_of_no_days_is_not_sold(shop: Any) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.subscribe(await shop.plan("trial", trial_days=0, base_price_cents=0))
    assert refused.value.code == "plan_unavailable"


async def test_a_trial_of_another_service_is_a_first_one(shop: Any) -> None:
    other = ServiceId("svc_2")
    await shop.world.keep(builders.new_service(other, "scaivault"))
    await shop.subscribe(await shop.plan("starter", trial_days=14))
    second = await shop.subscribe(await shop.plan("starter", (other, "scaivault"), trial_days=14))
    assert second.status is SubscriptionStatus.TRIALING


async def test_an_administrator_may_date_a_start_back(shop: Any) -> None:
    sold = await shop.subscribe(start_date=date(2025, 11, 30))
    assert sold.schedule is not None
    due = [(owed.period.start, owed.period.end) for owed in sold.schedule.due(date(2026, 1, 15))]
    assert due == [
        (date(2025, 11, 30), date(2025, 12, 30)),
        (date(2025, 12, 30), date(2026, 1, 30)),
    ]
    assert sold.activated_at == shop.world.clock.now()


async def test_today_is_the_sellers_today(shop: Any) -> None:
    shop.world.clock.set(datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    sold = await shop.subscribe()
    assert sold.starts_on == date(2026, 11, 1)


@pytest.mark.parametrize("start", [date(2026, 1, 16), date(2015, 12, 31)])
async def test_nothing_starts_in_the_future_or_in_another_age(shop: Any, start: date) -> None:
    with pytest.raises(Invalid) as refused:
        await shop.subscribe(start_date=start)
    assert (refused.value.code, refused.value.fields[0].pointer) == ("start_date_invalid", "/start_date")


async def test_a_customer_subscribes_itself_but_never_backwards(shop: Any) -> None:
    create = shop.world.use(CreateSubscription)
    with pytest.raises(Invalid) as refused:
        await create(shop.buyer, NewSubscription(TENANT_ID, "scaikey.pro", start_date=date(2026, 1, 1)))
    assert refused.value.code == "start_date_invalid"
    sold = await create(shop.buyer, NewSubscription(TENANT_ID, "scaikey.pro", start_date=date(2026, 1, 15)))
    assert sold.status is SubscriptionStatus.ACTIVE


async def test_one_live_subscription_a_service(shop: Any) -> None:
    await shop.subscribe()
    with pytest.raises(Conflict) as refused:
        await shop.subscribe(await shop.plan("starter"))
    assert refused.value.code == "subscription_exists"


async def test_a_service_may_allow_several(shop: Any) -> None:
    several = ServiceId("svc_2")
    await shop.world.keep(builders.new_service(several, "scaisend", allows_multiple=True))
    key = await shop.plan("pro", (several, "scaisend"))
    assert (await shop.subscribe(key)).id != (await shop.subscribe(key)).id


async def test_after_the_end_one_may_begin_again(shop: Any) -> None:
    await shop.in_state("cancelled")
    assert (await shop.subscribe()).is_live


async def test_two_who_sell_the_same_at_once_sell_it_once(shop: Any) -> None:
    create = shop.world.use(CreateSubscription)

    async def somebody_is_faster(_: int) -> None:
        await create(shop.admin, NewSubscription(TENANT_ID, "scaikey.pro"))

    racing = shop.world.use(CreateSubscription, work=FaultyWork(shop.world.work, meanwhile=somebody_is_faster))
    with pytest.raises(Conflict) as refused:
        await racing(shop.admin, NewSubscription(TENANT_ID, "scaikey.pro"))
    assert refused.value.code == "subscription_exists"
    assert len(shop.announced("subscription.activated.v1")) == 1


async def test_no_billing_profile_no_sale(shop: Any) -> None:
    bare = TenantId("tnt_bare")
    await shop.world.keep(builders.new_tenant(bare))
    with pytest.raises(Conflict) as refused:
        await shop.world.use(CreateSubscription)(shop.admin, NewSubscription(bare, "scaikey.pro"))
    assert refused.value.code == "billing_profile_required"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (NewSubscription(TenantId("tnt_nobody"), "scaikey.pro"), "tenant_not_found"),
        (NewSubscription(TENANT_ID, "scaikey.gold"), "plan_not_found"),
    ],
)
async def test_what_is_not_there_cannot_be_sold(shop: Any, wanted: NewSubscription, code: str) -> None:
    with pytest.raises(NotFound) as missing:
        await shop.world.use(CreateSubscription)(shop.admin, wanted)
    assert missing.value.code == code
    assert shop.announced("subscription.activated.v1") == []


@pytest.mark.parametrize("switched_off", ["plan", "service"])
async def test_what_is_switched_off_is_not_sold(shop: Any, switched_off: str) -> None:
    service = ServiceId("svc_old")
    await shop.world.keep(builders.new_service(service, "old", is_active=switched_off != "service"))
    key = await shop.plan("pro", (service, "old"), is_active=switched_off != "plan")
    with pytest.raises(Invalid) as refused:
        await shop.subscribe(key)
    assert (refused.value.code, refused.value.fields[0].pointer) == ("plan_unavailable", "/plan_key")


async def test_a_hidden_plan_is_sold_by_the_operator_only(shop: Any) -> None:
    key = await shop.plan("special", is_public=False)
    with pytest.raises(Invalid) as refused:
        await shop.world.use(CreateSubscription)(shop.buyer, NewSubscription(TENANT_ID, key))
    assert refused.value.code == "plan_unavailable"
    assert (await shop.subscribe(key)).is_live


@pytest.mark.parametrize(
    ("contract", "code"),
    [
        ({"allowed_services": ("scaisend",)}, "service_not_allowed"),
        ({"allowed_plans": ("scaikey.starter",)}, "plan_not_allowed"),
        ({"allowed_services": ("scaikey",), "allowed_plans": ("scaisend.pro",)}, "plan_not_allowed"),
    ],
)
async def test_a_reseller_sells_what_its_contract_allows(shop: Any, contract: dict[str, Any], code: str) -> None:
    theirs = TenantId("tnt_theirs")
    await shop.world.keep(
        builders.new_partner(RESELLER, operator=False, invoice_number_prefix="RES", **contract),
        builders.new_tenant(theirs, RESELLER),
        builders.new_profile(theirs, RESELLER),
    )
    for actor in (Actor.partner_admin("rita", RESELLER), shop.admin):
        with pytest.raises(Invalid) as refused:
            await shop.world.use(CreateSubscription)(actor, NewSubscription(theirs, "scaikey.pro"))
        assert (refused.value.code, refused.value.fields[0].pointer) == (code, "/plan_key")
    assert (await shop.subscribe()).is_live  # the operator's own customer is not concerned


async def test_a_contract_that_names_the_plan_lets_it_pass(shop: Any) -> None:
    theirs = TenantId("tnt_theirs")
    await shop.world.keep(
        builders.new_partner(
            RESELLER,
            operator=False,
            invoice_number_prefix="RES",
            allowed_services=("scaikey",),
            allowed_plans=("scaikey.pro",),
        ),
        builders.new_tenant(theirs, RESELLER),
        builders.new_profile(theirs, RESELLER),
    )
    rita = Actor.partner_admin("rita", RESELLER)
    sold = await shop.world.use(CreateSubscription)(rita, NewSubscription(theirs, "scaikey.pro"))
    assert (sold.partner_id, sold.tenant_id) == (RESELLER, theirs)


async def test_the_calendar_is_the_sellers_not_the_resellers(shop: Any) -> None:
    theirs = TenantId("tnt_theirs")
    await shop.world.keep(
        builders.new_partner(
            RESELLER, operator=False, invoice_number_prefix="RES", billing_timezone="America/New_York"
        ),
        builders.new_tenant(theirs, RESELLER),
        builders.new_profile(theirs, RESELLER),
    )
    shop.world.clock.set(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    sold = await shop.world.use(CreateSubscription)(shop.admin, NewSubscription(theirs, "scaikey.pro"))
    assert sold.starts_on == date(2026, 2, 1)  # it passes through: the operator in Amsterdam sells


async def test_a_wholesale_reseller_keeps_its_own_calendar(shop: Any) -> None:
    theirs = TenantId("tnt_theirs")
    await shop.world.keep(
        builders.new_partner(
            RESELLER,
            operator=False,
            invoice_number_prefix="RES",
            billing_timezone="America/New_York",
            billing_model="wholesale",
        ),
        builders.new_tenant(theirs, RESELLER),
        builders.new_profile(theirs, RESELLER),
    )
    shop.world.clock.set(datetime(2026, 2, 1, 2, 30, tzinfo=UTC))
    sold = await shop.world.use(CreateSubscription)(shop.admin, NewSubscription(theirs, "scaikey.pro"))
    assert sold.starts_on == date(2026, 1, 31)


async def test_whoever_lacks_the_permission_buys_nothing(shop: Any) -> None:
    for actor in (shop.visitor, Actor.anonymous()):
        with pytest.raises(Forbidden):
            await shop.world.use(CreateSubscription)(actor, NewSubscription(TENANT_ID, "scaikey.pro"))


@pytest.mark.parametrize(
    "stranger",
    [
        Actor.tenant_user("mallory", TenantId("tnt_other"), builders.OPERATOR_ID, Role.TENANT_ADMIN),
        Actor.partner_admin("rita", RESELLER),
    ],
)
async def test_another_ones_customer_is_not_there(shop: Any, stranger: Actor) -> None:
    with pytest.raises(NotFound) as missing:
        await shop.world.use(CreateSubscription)(stranger, NewSubscription(TENANT_ID, "scaikey.pro"))
    assert missing.value.code == "tenant_not_found"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": 1_000_001}, "/quantity"),
        ({"quantity": True}, "/quantity"),
        ({"plan_key": " "}, "/plan_key"),
        ({"metadata": {"weight": object()}}, "/metadata/weight"),
    ],
)
def test_a_wrong_order_names_its_field(wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        NewSubscription(**({"tenant_id": TENANT_ID, "plan_key": "scaikey.pro"} | wrong))
    assert [field.pointer for field in refused.value.fields] == [pointer]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        NewSubscription(TENANT_ID, "", quantity=0)
    assert {field.pointer for field in refused.value.fields} == {"/plan_key", "/quantity"}


async def test_what_fails_leaves_nothing_behind(shop: Any) -> None:
    before = (dict(shop.world.store.tables), list(shop.world.store.audit))
    with pytest.raises(ScaiControlError):
        await shop.subscribe(start_date=date(2030, 1, 1))
    assert (dict(shop.world.store.tables), list(shop.world.store.audit)) == before


@pytest.mark.parametrize(
    ("cadence", "end"),
    [
        (Cadence.DAILY, date(2026, 1, 16)),
        (Cadence.WEEKLY, date(2026, 1, 22)),
        (Cadence.MONTHLY, date(2026, 2, 15)),
        (Cadence.QUARTERLY, date(2026, 4, 15)),
        (Cadence.YEARLY, date(2027, 1, 15)),
        (Cadence.ONE_TIME, date(2026, 1, 16)),
    ],
)
async def test_each_cadence_has_its_first_period(shop: Any, cadence: Cadence, end: date) -> None:
    sold = await shop.subscribe(await shop.plan(cadence.value, billing_period=cadence))
    assert sold.current_period == Period(date(2026, 1, 15), end)

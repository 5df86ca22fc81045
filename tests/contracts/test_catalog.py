"""What every store of services, plans and packs promises."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog import Aggregation, DiscountType, Metric, PlanFilter, TierMode, UsageTier
from scaicontrol_core.kernel.errors import Conflict, Invalid, NotFound, Stale
from scaicontrol_core.kernel.ids import PackId, PartnerId, PlanId, ServiceId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
KEY, MAIL = ServiceId("svc_key"), ServiceId("svc_mail")
CALLS = Metric(slug="api_calls", aggregation=Aggregation.SUM, unit="call")
USERS = Metric(slug="users", aggregation=Aggregation.UNIQUE_COUNT, unit="user", property="user_id")
TIERS = (
    UsageTier(metric="api_calls", tier_start=0, tier_end=1000, unit_price_cents=Decimal(0), unit_label="call"),
    UsageTier(metric="users", unit_price_cents=Decimal("12.5"), tier_mode=TierMode.VOLUME),
    UsageTier(metric="api_calls", tier_start=1000, unit_price_cents=Decimal("0.333333"), unit_divisor=7),
)


@pytest.fixture
async def shop(work_factory: Any) -> Any:
    """Two services with two plans each, and a pack of one plan of either."""
    async with work_factory.begin(PLATFORM) as work:
        await work.services.add(builders.new_service(KEY, "scaikey", metrics=(CALLS, USERS), sort_order=2))
        await work.services.add(builders.new_service(MAIL, "scaisend", sort_order=1, is_public=False))
        plans = [
            builders.new_plan(PlanId("pln_kp"), (KEY, "scaikey"), "pro", sort_order=2, usage_pricing=TIERS),
            builders.new_plan(PlanId("pln_ks"), (KEY, "scaikey"), "starter", sort_order=1, base_price_cents=4900),
            builders.new_plan(PlanId("pln_mp"), (MAIL, "scaisend"), "pro", sort_order=1),
            builders.new_plan(PlanId("pln_mo"), (MAIL, "scaisend"), "old", is_active=False, is_public=False),
        ]
        for plan in plans:
            await work.plans.add(plan)
        pack = builders.new_pack(
            builders.item_of(plans[2]),
            builders.item_of(plans[1], 2450),
            discount_type=DiscountType.PERCENTAGE,
            discount_percentage=Decimal("12.5"),
        )
        await work.packs.add(pack)
        await work.commit()
    return work_factory


async def test_everything_reads_back_as_it_was(shop: Any) -> None:
    async with shop.begin(PLATFORM, read_only=True) as work:
        service = await work.services.by_slug("scaikey")
        plan = await work.plans.by_key("scaikey.pro")
        pack = await work.packs.by_slug("growth")
    assert (service.id, service.metrics, service.version) == (KEY, (CALLS, USERS), 1)
    assert (plan.id, plan.service_id, plan.plan_key) == ("pln_kp", KEY, "scaikey.pro")
    assert plan.terms == builders.plan_terms(sort_order=2, usage_pricing=TIERS)
    assert [(item.plan_key, item.override_price_cents) for item in pack.items] == [
        ("scaisend.pro", None),
        ("scaikey.starter", 2450),
    ]
    assert pack.terms.discount_percentage == Decimal("12.5")
    assert not plan.has_changed


async def test_every_field_of_a_plan_survives(shop: Any) -> None:
    terms = builders.plan_terms(
        description="Everything",
        tier="enterprise",
        billing_period=Cadence.QUARTERLY,
        currency="JPY",
        features={"items": ["SSO", "Größe"], "unit": "user", "nested": {"on": True, "none": None}},
        quotas={"users": 0, "contacts": 5000},
        is_public=False,
        trial_days=14,
        cost_multiplier=Decimal("1.125"),
        sort_order=7,
        metadata={"crm": "42"},
        usage_pricing=TIERS[:1],
    )
    async with shop.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(terms, DEFAULT_START)
        await work.plans.save(plan)
        await work.commit()
    async with shop.begin(PLATFORM, read_only=True) as work:
        seen = await work.plans.get(PlanId("pln_kp"))
    assert (seen.terms, seen.version) == (terms, 2)


async def test_slugs_and_app_ids_are_unique(shop: Any) -> None:
    async with shop.begin(PLATFORM) as work:
        with pytest.raises(Conflict) as refusal:
            await work.services.add(builders.new_service(ServiceId("svc_x"), "scaikey", app_id="other"))
        assert refusal.value.code == "slug_taken"
    async with shop.begin(PLATFORM) as work:
        with pytest.raises(Conflict) as refusal:
            await work.services.add(builders.new_service(ServiceId("svc_x"), "other", app_id="scaikey"))
        assert refusal.value.code == "app_id_taken"
    async with shop.begin(PLATFORM) as work:
        with pytest.raises(Conflict) as refusal:
            await work.plans.add(builders.new_plan(PlanId("pln_x"), (KEY, "scaikey"), "pro"))
        assert refusal.value.code == "slug_taken"
    async with shop.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        with pytest.raises(Conflict) as refusal:
            await work.packs.add(builders.new_pack(builders.item_of(plan), pack_id=PackId("pck_x")))
        assert refusal.value.code == "slug_taken"


async def test_missing_ones_are_named(shop: Any) -> None:
    async with shop.begin(PLATFORM, read_only=True) as work:
        assert await work.services.find_by_slug("nope") is None
        assert await work.plans.find_by_key("scaikey.nope") is None
        assert await work.plans.find_by_key("nodot") is None
        assert await work.packs.find_by_slug("nope") is None
        for lookup, code in (
            (work.services.by_slug("nope"), "service_not_found"),
            (work.plans.by_key("scaikey.nope"), "plan_not_found"),
            (work.plans.get(PlanId("pln_nope")), "plan_not_found"),
            (work.packs.by_slug("nope"), "pack_not_found"),
        ):
            with pytest.raises(NotFound) as missing:
                await lookup
            assert missing.value.code == code


async def test_everything_comes_in_the_operators_order(shop: Any) -> None:
    async with shop.begin(PLATFORM, read_only=True) as work:
        assert [service.slug for service in await work.services.all()] == ["scaisend", "scaikey"]
        assert [plan.plan_key for plan in await work.plans.all()] == [
            "scaikey.starter",
            "scaikey.pro",
            "scaisend.old",
            "scaisend.pro",
        ]
        assert [pack.slug for pack in await work.packs.all()] == ["growth"]
        many = await work.plans.get_many([PlanId("pln_kp"), PlanId("pln_nope")])
    assert list(many) == ["pln_kp"]


async def test_the_public_sees_what_is_active_and_public_of_services_that_are(shop: Any) -> None:
    async with shop.begin(Actor.anonymous(), read_only=True) as work:
        services = await work.services.list(PageRequest(), shown_only=True)
        plans = await work.plans.list(PageRequest(), PlanFilter(shown_only=True))
        packs = await work.packs.list(PageRequest(), shown_only=True)
    assert [service.slug for service in services.items] == ["scaikey"]
    assert [plan.plan_key for plan in plans.items] == ["scaikey.starter", "scaikey.pro"]
    assert [pack.slug for pack in packs.items] == ["growth"]


async def test_lists_page_and_sort(shop: Any) -> None:
    async with shop.begin(PLATFORM, read_only=True) as work:
        first = await work.plans.list(PageRequest(limit=3, sort="-slug"), PlanFilter())
        rest = await work.plans.list(PageRequest(limit=3, sort="-slug", cursor=first.next_cursor), PlanFilter())
        own = await work.plans.list(PageRequest(sort="slug"), PlanFilter(service_id=MAIL))
        by_name = await work.services.list(PageRequest(sort="name"))
        with pytest.raises(Invalid):
            await work.services.list(PageRequest(sort="colour"))
    assert [plan.plan_key for plan in (*first.items, *rest.items)] == [
        "scaisend.pro",
        "scaisend.old",
        "scaikey.starter",
        "scaikey.pro",
    ]
    assert (first.total, rest.next_cursor) == (4, None)
    assert [plan.slug for plan in own.items] == ["old", "pro"]
    assert by_name.total == 2


async def test_usage_prices_are_replaced_as_a_whole(shop: Any) -> None:
    async with shop.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(evolve(plan.terms, usage_pricing=TIERS[1:2]), DEFAULT_START)
        await work.plans.save(plan)
        await work.commit()
    async with shop.begin(PLATFORM, read_only=True) as work:
        seen = await work.plans.by_key("scaikey.pro")
    assert seen.terms.usage_pricing == TIERS[1:2]
    assert seen.usage_prices_at(seen.created_at).of("api_calls") == ()


async def test_a_pack_is_replaced_with_its_items(shop: Any) -> None:
    async with shop.begin(PLATFORM) as work:
        pack, plan = await work.packs.by_slug("growth"), await work.plans.by_key("scaikey.pro")
        pack.revise(builders.pack_terms(name="Bigger"), (builders.item_of(plan, 0),), DEFAULT_START)
        await work.packs.save(pack)
        await work.commit()
    async with shop.begin(PLATFORM, read_only=True) as work:
        seen = await work.packs.get(builders.PACK_ID)
        assert list(await work.packs.containing(PlanId("pln_kp"))) == ["growth"]
        assert list(await work.packs.containing(PlanId("pln_mp"))) == []
    assert (seen.name, [item.plan_key for item in seen.items], seen.version) == ("Bigger", ["scaikey.pro"], 2)


async def test_two_editors_of_a_price(shop: Any) -> None:
    async with shop.begin(PLATFORM, read_only=True) as work:
        mine, yours = await work.plans.by_key("scaikey.pro"), await work.plans.by_key("scaikey.pro")
    mine.revise(evolve(mine.terms, base_price_cents=1), DEFAULT_START)
    yours.revise(evolve(yours.terms, base_price_cents=2), DEFAULT_START)
    async with shop.begin(PLATFORM) as work:
        await work.plans.save(mine)
        await work.commit()
    async with shop.begin(PLATFORM) as work:
        with pytest.raises(Stale):
            await work.plans.save(yours)


async def test_a_plan_nobody_is_on_can_go(shop: Any) -> None:
    async with shop.begin(PLATFORM) as work:
        plan = await work.plans.by_key("scaikey.pro")
        assert await work.plans.live_subscriptions(plan.id) == 0
        plan.delete()
        await work.plans.remove(plan)
        await work.commit()
    async with shop.begin(PLATFORM, read_only=True) as work:
        assert await work.plans.find_by_key("scaikey.pro") is None
        history = await work.audit_log.history("plan", "pln_kp", PageRequest())
    assert [entry.action for entry in history.items] == ["plan.deleted", "plan.created"]


@pytest.mark.parametrize(
    "actor", [Actor.partner_admin("rita", PartnerId("prt_1")), Actor.anonymous()], ids=["partner", "anonymous"]
)
async def test_only_the_platform_writes_the_catalogue(shop: Any, actor: Actor) -> None:
    async with shop.begin(actor) as work:
        with pytest.raises(Exception, match="scope"):
            await work.services.add(builders.new_service(ServiceId("svc_x"), "smuggled"))
    async with shop.begin(actor) as work:
        plan = await work.plans.by_key("scaikey.pro")
        plan.revise(evolve(plan.terms, base_price_cents=0), DEFAULT_START)
        with pytest.raises(Exception, match="scope"):
            await work.plans.save(plan)


async def test_a_plans_prices_are_kept_with_the_instants_they_count_from(work_factory: Any) -> None:
    plan = builders.new_plan()
    later = DEFAULT_START + timedelta(days=3, microseconds=1)
    async with work_factory.begin(PLATFORM) as work:
        await work.services.add(builders.new_service())
        await work.plans.add(plan)
        await work.commit()
    async with work_factory.begin(PLATFORM) as work:
        stored = await work.plans.get(plan.id)
        assert stored.prices == ()
        stored.revise(evolve(stored.terms, base_price_cents=29900), later)
        await work.plans.save(stored)
        await work.commit()
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        seen = await work.plans.get(plan.id)
    before = seen.price_at(later - timedelta(microseconds=1), Cadence.MONTHLY)
    assert (before.price_cents, seen.price_at(later, Cadence.MONTHLY).price_cents) == (19900, 29900)
    assert seen.prices == stored.prices

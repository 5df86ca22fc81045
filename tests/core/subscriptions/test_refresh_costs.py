"""Cost-based plans: a unit is charged at what it costs us, with a margin, as of the last refresh."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.catalog.cost_file import read_costs
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.catalog.use_cases.save_plan import PlanOffer, SavePlan
from scaicontrol_core.kernel.errors import Forbidden, Invalid, OutOfScope
from scaicontrol_core.kernel.ids import PackId, PartnerId, PlanId, SubscriptionId, TenantId
from scaicontrol_core.kernel.paging import MAX_LIMIT
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.subscriptions.errors import PlanUnavailable
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.override_subscription import OverrideSubscription
from scaicontrol_core.subscriptions.use_cases.refresh_costs import CostRefresh, RefreshCosts, RefreshedCosts
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed

BOSS = Actor.system("costs")
TERMS = builders.plan_terms(
    tier="metered",
    base_price_cents=1000,
    cost_margins={"tokens": Decimal("0.25")},
    cost_multiplier=Decimal("1.1"),
)
METRICS = (
    Metric(slug="tokens"),
    Metric(slug="calls", aggregation=Aggregation.COUNT),
    Metric(slug="seats", aggregation=Aggregation.MAX),
)


@pytest.fixture
async def shop() -> MemoryWorld:
    """A service whose tokens cost us money, one plan that charges them by it, and one that does not."""
    world = MemoryWorld()
    await world.keep(
        builders.new_partner(),
        builders.new_tenant(),
        builders.new_profile(),
        builders.new_service(metrics=METRICS),
        builders.new_plan(),
        builders.new_plan(PlanId("pln_metered"), slug="metered"),
    )
    await world.use(SavePlan)(BOSS, PlanOffer(service_slug="scaikey", slug="metered", terms=TERMS))
    return world


def told(cost: Any = "0.0004", **fields: Any) -> dict[str, Any]:
    """Write down what a token costs."""
    return {"service": "scaikey", "metric": "tokens", "cost_cents": cost, "currency": "EUR"} | fields


async def refresh(world: MemoryWorld, *costs: dict[str, Any], dry_run: bool = False, **ports: Any) -> RefreshedCosts:
    """Record costs and let everything follow."""
    entries = read_costs({"unit_costs": list(costs)}) if costs else ()
    return await world.use(RefreshCosts, **ports)(BOSS, CostRefresh(costs=entries, dry_run=dry_run))


async def subscribe(world: MemoryWorld, plan: str = "scaikey.metered", tenant: TenantId = TENANT_ID) -> SubscriptionId:
    """Put a customer on a plan."""
    return (await world.use(CreateSubscription)(BOSS, NewSubscription(tenant, plan))).id


def rate_of(world: MemoryWorld, subscription_id: SubscriptionId) -> dict[str, Decimal]:
    """Return the rates of a subscription as it is stored."""
    rate: dict[str, Decimal] = world.store.tables["subscriptions"][subscription_id][1].billable_rate
    return rate


async def report(world: MemoryWorld, key: str, quantity: int, metric: str = "tokens") -> None:
    """Report usage of this moment."""
    event = {
        "idempotency_key": key,
        "tenant_id": TENANT_ID,
        "metric": metric,
        "quantity": quantity,
        "occurred_at": world.clock.now().isoformat(),
        "service": "scaikey",
    }
    outcomes = await world.use(IngestUsage)(BOSS, UsageBatch(reports=[read_report(event, "tenant_id")]))
    assert [each.status.value for each in outcomes] == ["accepted"]


async def test_a_rate_is_the_cost_with_its_margin_marked_up(shop: MemoryWorld) -> None:
    done = await refresh(shop, told("0.0004"))
    assert [(each.plan_key, each.metric, each.before, each.after) for each in done.plans] == [
        ("scaikey.metered", "tokens", None, Decimal("0.00055"))
    ]
    assert (done.recorded, done.known, done.changed, done.unrated) == (1, 0, 0, ())


async def test_the_cost_may_be_that_of_many_units(shop: MemoryWorld) -> None:
    done = await refresh(shop, told("400", unit_divisor=1_000_000))
    assert done.plans[0].after == Decimal("0.00055")
    finest = await refresh(shop, told(1, unit_divisor=3))
    assert finest.plans[0].after == Decimal("0.458333333")


async def test_nobody_can_buy_what_has_no_price_yet(shop: MemoryWorld) -> None:
    with pytest.raises(PlanUnavailable) as refused:
        await subscribe(shop)
    assert refused.value.code == "plan_without_rate"
    unsold = await refresh(shop, told(metric="calls"))
    assert [(each.plan_key, each.metric) for each in unsold.unrated] == [("scaikey.metered", "tokens")]
    await refresh(shop, told())
    assert rate_of(shop, await subscribe(shop)) == {"tokens": Decimal("0.00055")}
    other_currency = await refresh(shop, told(currency="USD"))
    assert (other_currency.recorded, other_currency.plans) == (1, ())


async def test_subscriptions_follow_and_usage_keeps_the_rate_it_came_in_at(shop: MemoryWorld) -> None:
    await refresh(shop, told())
    subscription_id = await subscribe(shop)
    await report(shop, "k-1", 1_000_000)
    await report(shop, "c-1", 1, "calls")
    shop.clock.set(datetime(2026, 2, 1, tzinfo=UTC))
    done = await refresh(shop, told("0.0008"))
    assert [(each.subscription_id, each.before, each.after) for each in done.subscriptions] == [
        (subscription_id, Decimal("0.00055"), Decimal("0.0011"))
    ]
    await report(shop, "k-2", 1_000_000)
    shop.clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    await shop.use(RunBilling)(BOSS, parse_month("2026-03"))
    lines = [line for _, invoice in shop.store.tables["invoices"].values() for line in invoice.lines]
    charged = {line.net_cents: str(line.unit_price.cents) for line in lines if "tokens" in line.description}
    assert charged == {550: "0.00055", 1100: "0.0011"}
    actions = [entry.action for entry in shop.store.audit]
    assert actions.count("unit_costs.recorded") == actions.count("plan.rates_refreshed") == 2
    (changed,) = [entry for entry in shop.store.audit if entry.action == "subscription.rate_refreshed"]
    assert changed.details["changes"]["billable_rate"] == {
        "before": {"tokens": "0.00055"},
        "after": {"tokens": "0.0011"},
    }


async def test_a_dry_run_tells_the_same_and_writes_nothing(shop: MemoryWorld) -> None:
    await refresh(shop, told())
    await subscribe(shop)
    before = shop.store.revision, len(shop.store.audit)
    preview = await refresh(shop, told("0.0008"), dry_run=True)
    assert (shop.store.revision, len(shop.store.audit)) == before
    assert evolve(preview, dry_run=False) == await refresh(shop, told("0.0008"))


async def test_a_cost_counts_from_its_instant_on(shop: MemoryWorld) -> None:
    await refresh(shop, told())
    done = await refresh(shop, told("0.0008", valid_from="2026-02-01T00:00:00+01:00"))
    assert (done.recorded, done.plans) == (1, ())
    shop.clock.set(datetime(2026, 1, 31, 22, 59, tzinfo=UTC))
    assert (await refresh(shop)).plans == ()
    shop.clock.set(datetime(2026, 1, 31, 23, 0, tzinfo=UTC))
    assert [each.after for each in (await refresh(shop)).plans] == [Decimal("0.0011")]


async def test_what_is_known_is_not_recorded_again_and_a_correction_is_another_row(shop: MemoryWorld) -> None:
    dated = told(valid_from="2026-01-01T00:00:00Z")
    await refresh(shop, dated)
    again = await refresh(shop, dated, told())
    assert (again.recorded, again.known) == (0, 2)
    corrected = await refresh(shop, dated | {"cost_cents": "0.0002"})
    assert [each.after for each in corrected.plans] == [Decimal("0.000275")]
    kept = [row for _, row in shop.store.tables["unit_costs"].values()]
    assert [(row.cost.cost_cents, row.recorded_by) for row in kept] == [
        (Decimal("0.0004"), "system:costs"),
        (Decimal("0.0002"), "system:costs"),
    ]


async def test_every_wrong_cost_is_pointed_at_and_none_is_recorded(shop: MemoryWorld) -> None:
    wrong = (
        told(service="fax"),
        told(metric="pages"),
        told(-1),
        told(),
        told("0.5"),
        told(currency="euro"),
        told(unit_divisor=0),
    )
    with pytest.raises(Invalid) as refused:
        await refresh(shop, *wrong)
    assert [each.pointer for each in refused.value.fields] == [
        "/unit_costs/0/service",
        "/unit_costs/1/metric",
        "/unit_costs/2/cost_cents",
        "/unit_costs/4",
        "/unit_costs/5/currency",
        "/unit_costs/6/unit_divisor",
    ]
    assert not shop.store.tables.get("unit_costs")


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ([], "/unit_costs"),
        ({"unit_costs": []}, "/unit_costs"),
        ({"unit_costs": [told()], "other": 1}, "/unit_costs"),
        ({"unit_costs": ["tokens"]}, "/unit_costs/0"),
        ({"unit_costs": [{"service": "scaikey"}]}, "/unit_costs/0/metric"),
        ({"unit_costs": [told(price=1)]}, "/unit_costs/0/price"),
        ({"unit_costs": [told(valid_from="tomorrow")]}, "/unit_costs/0/valid_from"),
        ({"unit_costs": [told(valid_from="2026-01-01T00:00:00")]}, "/unit_costs/0/valid_from"),
    ],
)
def test_a_file_that_is_none_is_refused(raw: Any, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_costs(raw)
    assert refused.value.fields[0].pointer == pointer


@pytest.mark.parametrize(
    ("margins", "pointer", "code"),
    [
        ({"tokens": "-0.1"}, "/cost_margins/tokens", "decimal_invalid"),
        ({"tokens": "0.0000001"}, "/cost_margins/tokens", "decimal_invalid"),
        ({"tokens": 0.5}, "/cost_margins/tokens", "decimal_invalid"),
        ({"To kens": "0.1"}, "/cost_margins", "slug_invalid"),
        (["tokens"], "/cost_margins", "margins_invalid"),
    ],
)
def test_a_margin_is_an_exact_share_of_the_cost(margins: Any, pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        builders.plan_terms(cost_margins=margins)
    assert (refused.value.fields[0].pointer, refused.value.code) == (pointer, code)


async def test_only_what_adds_up_is_charged_by_cost_and_never_by_brackets_too(shop: MemoryWorld) -> None:
    with pytest.raises(Invalid) as twice:
        builders.plan_terms(cost_margins={"tokens": Decimal(0)}, usage_pricing=(builders.usage_tier(metric="tokens"),))
    assert twice.value.code == "metric_priced_twice"
    for metric, code in (("seats", "metric_not_additive"), ("pages", "metric_unknown")):
        terms = evolve(TERMS, cost_margins={metric: Decimal(0)})
        with pytest.raises(Invalid) as refused:
            await shop.use(SavePlan)(BOSS, PlanOffer(service_slug="scaikey", slug="other", terms=terms))
        assert refused.value.code == code


async def test_a_change_of_plan_changes_the_rate_at_once(shop: MemoryWorld) -> None:
    await refresh(shop, told())
    subscription_id = await subscribe(shop, "scaikey.pro")
    assert rate_of(shop, subscription_id) == {}
    await shop.use(OverrideSubscription)(BOSS, subscription_id, plan_key="scaikey.metered")
    assert rate_of(shop, subscription_id) == {"tokens": Decimal("0.00055")}
    await shop.use(OverrideSubscription)(BOSS, subscription_id, plan_key="scaikey.pro")
    assert rate_of(shop, subscription_id) == {}


async def test_the_children_of_a_pack_have_rates_of_their_own(shop: MemoryWorld) -> None:
    await refresh(shop, told())
    async with shop.work.begin(BOSS) as work:
        plan = await work.plans.by_key("scaikey.metered")
    await shop.keep(builders.new_pack(builders.item_of(plan), pack_id=PackId("pck_1"), slug="all"))
    await shop.use(SubscribePack)(BOSS, NewPackSubscription(TENANT_ID, "all"))
    ((child_id, _),) = shop.store.tables["subscriptions"].items()
    assert rate_of(shop, SubscriptionId(str(child_id))) == {"tokens": Decimal("0.00055")}
    assert (await refresh(shop, told("0.0008"))).changed == 1
    assert rate_of(shop, SubscriptionId(str(child_id))) == {"tokens": Decimal("0.0011")}


async def test_what_a_plan_no_longer_charges_by_cost_loses_its_rate(shop: MemoryWorld) -> None:
    await refresh(shop, told())
    subscription_id = await subscribe(shop)
    plain = evolve(TERMS, cost_margins={})
    await shop.use(SavePlan)(BOSS, PlanOffer(service_slug="scaikey", slug="metered", terms=plain))
    done = await refresh(shop)
    assert [(each.before, each.after) for each in done.subscriptions] == [(Decimal("0.00055"), None)]
    assert rate_of(shop, subscription_id) == {}
    assert await refresh(shop) == evolve(done, plans=(), subscriptions=(), changed=0)


@pytest.mark.parametrize("commit", [1, 2, 3])
async def test_a_refresh_that_dies_is_finished_by_the_next(shop: MemoryWorld, commit: int) -> None:
    await refresh(shop, told())
    sold = [await subscribe(shop)]
    for number in range(MAX_LIMIT + 1):
        tenant = TenantId(f"tnt_{number:03}")
        await shop.keep(builders.new_tenant(tenant), builders.new_profile(tenant))
        sold.append(await subscribe(shop, tenant=tenant))
    with pytest.raises(Killed):
        await refresh(shop, told("0.0008"), work=FaultyWork(shop.work, kill_before=commit))
    await refresh(shop, told("0.0008"))
    assert {rate_of(shop, each)["tokens"] for each in sold} == {Decimal("0.0011")}
    assert [entry.action for entry in shop.store.audit].count("subscription.rate_refreshed") == len(sold)


async def test_only_the_platform_says_what_things_cost(shop: MemoryWorld) -> None:
    for somebody in (
        Actor.partner_admin("rita", PartnerId("prt_1")),
        Actor.tenant_user("tom", TENANT_ID, builders.OPERATOR_ID),
    ):
        with pytest.raises((Forbidden, OutOfScope)):
            await shop.use(RefreshCosts)(somebody, CostRefresh())

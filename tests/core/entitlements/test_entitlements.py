"""What a tenant may use: by status, plan, pack and usage; never of another, never older than it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, field

from scaicontrol_core.access import Actor, ActorKind, Permission, Role
from scaicontrol_core.catalog.service import Metric
from scaicontrol_core.entitlements import EntitledSubscription, Entitlement, Refusal
from scaicontrol_core.entitlements.entitlement import SERVING
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.entitlements.use_cases.list_entitlements import ListEntitlements
from scaicontrol_core.entitlements.use_cases.read_entitlement import ReadEntitlement
from scaicontrol_core.entitlements.written import restored, written
from scaicontrol_core.kernel.cache import Held, MemoryCache
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import PartnerId, PlanId, SubscriptionId, TenantId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.subscriptions import Subscription, SubscriptionStatus
from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES
from scaicontrol_core.subscriptions.use_cases.cancel_subscription import CancelSubscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, SERVICE_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START

ADMIN = Actor.system("tests")
OTHER = TenantId("tnt_other")
OURS = Actor.tenant_user("tina", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
BOUND = 15


def service_token(app_id: str = "scaikey") -> Actor:
    """Return a service's own actor."""
    return Actor(ActorKind.SERVICE, app_id, Scope.service(app_id), frozenset({Permission.REGISTRY_MANAGE}))


@define
class CountingWork:
    """Units of work that are counted: how often the database is asked."""

    inner: Any
    begun: int = field(default=0, init=False)

    @asynccontextmanager
    async def begin(self, actor: Any, *, read_only: bool = False) -> Any:
        """Open one."""
        self.begun += 1
        async with self.inner.begin(actor, read_only=read_only) as work:
            yield work


@pytest.fixture
async def world() -> MemoryWorld:
    """A service that counts, two customers, and a pack."""
    made = MemoryWorld()
    plan = builders.new_plan(quotas={"api_calls": 100, "seats": 5, "free": 0}, features={"sso": True}, trial_days=14)
    await made.keep(
        builders.new_partner(),
        builders.new_tenant(),
        builders.new_profile(),
        builders.new_tenant(OTHER, name="Other"),
        builders.new_service(metrics=(Metric(slug="api_calls"), Metric(slug="users"))),
        plan,
        builders.new_plan(PlanId("pln_paid"), slug="paid"),
        builders.new_pack(builders.item_of(plan)),
    )
    return made


async def subscribe(world: MemoryWorld, plan_key: str = "scaikey.paid", **wanted: Any) -> Subscription:
    """Put the customer on a plan."""
    return await world.use(CreateSubscription)(ADMIN, NewSubscription(TENANT_ID, plan_key, **wanted))


async def ask(world: MemoryWorld, actor: Actor | None = None, tenant_id: TenantId = TENANT_ID) -> Entitlement:
    """Ask as the service does."""
    return (await world.use(ReadEntitlement)(actor or service_token(), tenant_id, "scaikey")).entitlement


async def test_a_trial_with_seats_features_and_limits(world: MemoryWorld) -> None:
    await subscribe(world, "scaikey.pro", quantity=7)
    found = (await ask(world)).foremost
    assert found is not None
    assert (found.status, found.plan_key, found.quantity) == (SubscriptionStatus.TRIALING, "scaikey.pro", 7)
    assert found.trial_ends_at is not None
    assert (found.period_start.isoformat(), str(found.period_end)) == ("2026-01-15", "2026-01-29")
    assert (found.features, found.limits) == ({"sso": True}, {"seats": 5})
    quotas = {each.metric: (each.quota, each.remaining) for each in found.metrics}
    assert quotas == {"api_calls": (100, 100), "users": (None, None)}


async def test_a_child_of_a_pack_says_so(world: MemoryWorld) -> None:
    pack = await world.use(SubscribePack)(ADMIN, NewPackSubscription(TENANT_ID, "growth"))
    found = await ask(world)
    assert found.entitled
    assert found.foremost is not None
    assert found.foremost.pack_subscription_id == pack.id


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (SubscriptionStatus.PENDING, Refusal.PENDING),
        (SubscriptionStatus.TRIALING, None),
        (SubscriptionStatus.ACTIVE, None),
        (SubscriptionStatus.PAST_DUE, None),
        (SubscriptionStatus.CANCELLING, None),
        (SubscriptionStatus.SUSPENDED, Refusal.SUSPENDED),
    ],
)
def test_each_status_serves_or_says_why_not(status: SubscriptionStatus, refusal: Refusal | None) -> None:
    only = EntitledSubscription(
        subscription_id=SubscriptionId("sub_1"),
        status=status,
        plan_id=PlanId("pln_1"),
        plan_key="scaikey.pro",
        quantity=1,
        pack_subscription_id=None,
        trial_ends_at=None,
        cancels_at=None,
        period_start=DEFAULT_START.date(),
        period_end=None,
    )
    found = Entitlement(tenant_id=TENANT_ID, service="scaikey", subscriptions=(only,))
    assert (found.refusal, found.entitled) == (refusal, refusal is None)
    assert restored(written(found)) == found


def test_every_live_status_is_thought_of() -> None:
    assert SERVING | {SubscriptionStatus.PENDING, SubscriptionStatus.SUSPENDED} == LIVE_STATUSES


async def test_of_several_the_oldest_that_serves_decides(world: MemoryWorld) -> None:
    async with world.work.begin(ADMIN) as work:
        service = await work.services.get(SERVICE_ID)
        service.revise(builders.service_terms(allows_multiple=True))
        await work.services.save(service)
        await work.commit()
    first, second = [await subscribe(world) for _ in range(2)]
    assert [each.subscription_id for each in (await ask(world)).subscriptions] == [first.id, second.id]
    await world.use(SuspendSubscription)(ADMIN, first.id)
    found = await ask(world)
    assert found.entitled
    assert [each.subscription_id for each in found.subscriptions] == [second.id, first.id]


async def test_what_changes_is_seen_at_once(world: MemoryWorld) -> None:
    subscription = await subscribe(world)
    seen = [(await ask(world)).refusal]
    await world.use(SuspendSubscription)(ADMIN, subscription.id)
    seen.append((await ask(world)).refusal)
    await world.use(CancelSubscription)(ADMIN, subscription.id, immediate=True)
    seen.append((await ask(world)).refusal)
    assert seen == [None, Refusal.SUSPENDED, Refusal.NO_SUBSCRIPTION]


async def test_the_database_is_asked_once_within_the_bound(world: MemoryWorld) -> None:
    await subscribe(world)
    counting = CountingWork(world.work)
    read = world.use(ReadEntitlement, work=counting)
    lefts = []
    for _ in range(BOUND):
        fresh = await read(service_token(), TENANT_ID, "scaikey")
        lefts.append(fresh.left)
        await world.use(ListEntitlements, work=counting)(OURS, TENANT_ID)
        world.clock.advance(seconds=1)
    assert counting.begun == 1
    assert lefts == [(BOUND - age) * 1000 for age in range(BOUND)]
    await read(service_token(), TENANT_ID, "scaikey")
    assert counting.begun == 2


async def test_a_slow_reading_of_the_database_counts_as_age(world: MemoryWorld) -> None:
    @define
    class SlowWork(CountingWork):
        @asynccontextmanager
        async def begin(self, actor: Any, *, read_only: bool = False) -> Any:
            async with self.inner.begin(actor, read_only=read_only) as work:
                yield work
            world.clock.advance(seconds=BOUND - 5)

    slow = world.use(ReadEntitlement, work=SlowWork(world.work))
    assert (await slow(service_token(), TENANT_ID, "scaikey")).left == 5000
    world.clock.advance(seconds=5)
    assert (await slow(service_token(), TENANT_ID, "scaikey")).left == 5000


async def test_without_a_time_nothing_is_kept(world: MemoryWorld) -> None:
    counting = CountingWork(world.work)
    kept = KeptEntitlements(MemoryCache(world.clock), world.clock, max_age=0)
    read = world.use(ReadEntitlement, work=counting, kept_entitlements=kept)
    assert [(await read(service_token(), TENANT_ID, "scaikey")).left for _ in range(2)] == [0, 0]
    assert counting.begun == 2


@define
class Poisoned:
    """A cache that answers whatever it likes."""

    value: str
    left: int = 60_000

    async def get(self, key: str) -> Held | None:
        """Return it for every key."""
        return Held(self.value, self.left)

    async def set(self, key: str, value: str, milliseconds: int) -> None:
        """Keep nothing."""

    async def delete(self, *keys: str) -> None:
        """Forget nothing."""


def _kept(tenant_id: str = TENANT_ID, **fields: Any) -> Mapping[str, Any]:
    usual = {"tenant_id": tenant_id, "partner_id": OPERATOR_ID, "owners": {"scaikey": "scaikey"}, "by_service": {}}
    return usual | {"read_at": DEFAULT_START.isoformat()} | fields


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "{}",
        "[]",
        "not json",
        json.dumps(_kept(OTHER)),
        json.dumps(_kept(read_at="2026-01-15T09:29:45Z")),
        json.dumps(_kept(read_at="2026-01-15T09:30:01Z")),
        json.dumps(_kept(read_at="soon")),
        json.dumps(_kept(owners=None, read_at=None)),
    ],
)
async def test_what_is_not_fresh_and_ours_in_the_cache_is_no_answer(world: MemoryWorld, value: str) -> None:
    """Another tenant's, an old one (though the cache gives it time), one from the future, and rubbish."""
    subscription = await subscribe(world)
    kept = KeptEntitlements(Poisoned(value), world.clock, BOUND)
    read = world.use(ReadEntitlement, kept_entitlements=kept)
    found = (await read(service_token(), TENANT_ID, "scaikey")).entitlement
    assert [each.subscription_id for each in found.subscriptions] == [subscription.id]


async def test_the_cache_gives_no_more_time_than_it_has(world: MemoryWorld) -> None:
    kept = KeptEntitlements(Poisoned(json.dumps(_kept()), left=70), world.clock, BOUND)
    read = world.use(ReadEntitlement, kept_entitlements=kept)
    assert (await read(service_token(), TENANT_ID, "scaikey")).left == 70


async def test_nobody_gets_anothers_out_of_the_cache(world: MemoryWorld) -> None:
    await subscribe(world)
    other_user = Actor.tenant_user("otto", OTHER, OPERATOR_ID, Role.TENANT_ADMIN)
    rival = Actor.partner_admin("rita", PartnerId("prt_rival"))
    for _ in range(2):
        await ask(world)
        for nobody in (other_user, rival):
            with pytest.raises(NotFound):
                await ask(world, nobody)
        with pytest.raises(Forbidden):
            await ask(world, service_token("sheep"))
        assert (await ask(world, tenant_id=OTHER)).refusal is Refusal.NO_SUBSCRIPTION


async def test_who_does_not_exist_is_never_kept(world: MemoryWorld) -> None:
    counting = CountingWork(world.work)
    read = world.use(ReadEntitlement, work=counting)
    for _ in range(2):
        assert not (await read(service_token(), TenantId("tnt_x"), "scaikey")).entitlement.entitled
    assert counting.begun == 2


async def test_asking_needs_a_permission(world: MemoryWorld) -> None:
    nobody = Actor(ActorKind.SERVICE, "scaikey", Scope.service("scaikey"))
    with pytest.raises(Forbidden):
        await ask(world, nobody)
    with pytest.raises(Forbidden):
        await world.use(ListEntitlements)(nobody, TENANT_ID)


async def test_a_full_cache_forgets_what_came_first(world: MemoryWorld) -> None:
    cache = MemoryCache(world.clock, most=3)
    for number in range(5):
        await cache.set(f"k{number}", "x", 1000)
    assert [await cache.get(f"k{number}") is not None for number in range(5)] == [False, False, True, True, True]
    world.clock.advance(seconds=-1)
    assert await cache.get("k4") is None

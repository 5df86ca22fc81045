"""What a service asks to enforce plans and quotas: one call, true within a stated bound, and cheap to ask again."""

from __future__ import annotations

from contextlib import AsyncExitStack
from copy import deepcopy
from typing import Any, cast

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.redis.cache import RedisCache
from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.testing import FixedClock
from scaicontrol_http.app import create_app
from scaicontrol_jobs.metering import watch_usage
from tests.services.redis import OwnRedis

BOSS = Actor.system("tests")
BOUND = 15


@pytest.fixture
def service(boss: Any, settings: Settings, world: Any) -> Any:
    """Give a service of the catalogue its voice."""

    def speaking(app_id: str = "mail") -> Any:
        return type(boss)(boss.client, {"Authorization": f"Bearer {issue_service_token(settings, app_id)}"})

    return speaking


@pytest.fixture
async def capped(container: Container, world: Any, catalogue: Any) -> None:
    """mail.pro has a hundred messages a month, three mailboxes, and a feature."""
    changed = deepcopy(catalogue)
    changed["services"][0]["plans"][1] |= {"quotas": {"messages": 100, "mailboxes": 3}, "features": {"spam": True}}
    await container.use(ImportCatalogue)(BOSS, changed)


def event(world: Any, key: str, quantity: str) -> dict[str, Any]:
    """Write a use of Acme's."""
    at = "2026-01-15T10:00:00+01:00"
    return {
        "idempotency_key": key,
        "tenant_id": world.acme,
        "metric": "messages",
        "quantity": quantity,
        "occurred_at": at,
    }


async def test_a_service_asks_about_a_tenant(service: Any, world: Any, capped: None) -> None:
    await service().post("/metering/events", event(world, "a", "12.5"), status=202)
    assert await service().get("/entitlements/mail", tenant_id=world.acme) == {
        "tenant_id": world.acme,
        "service": "mail",
        "entitled": True,
        "reason": None,
        "subscription_id": world.subscription,
        "status": "active",
        "plan_id": (await service().get("/entitlements/mail", tenant_id=world.acme))["plan_id"],
        "plan_key": "mail.pro",
        "quantity": 1,
        "pack_subscription_id": None,
        "trial_ends_at": None,
        "cancels_at": None,
        "period_start": "2026-01-01",
        "period_end": "2026-02-01",
        "features": {"spam": True},
        "limits": {"mailboxes": 3},
        "metrics": [
            {
                "metric": "messages",
                "unit": None,
                "aggregation": "sum",
                "quota": 100,
                "used": "12.5",
                "remaining": "87.5",
                "reached": [],
            }
        ],
        "further": [],
    }


async def test_no_subscription_is_an_answer(service: Any, acme: Any, world: Any) -> None:
    for tenant_id in (world.bare, "tnt_nobody"):
        answer = await service().get("/entitlements/mail", tenant_id=tenant_id)
        assert (answer["entitled"], answer["reason"], answer["plan_key"]) == (False, "no_subscription", None)
    assert (await acme.get("/entitlements/keys"))["reason"] == "no_subscription"


async def test_a_service_asks_about_itself_alone(service: Any, world: Any) -> None:
    for _ in range(2):  # the second time out of the cache
        await service("keys").refused("GET", f"/entitlements/mail?tenant_id={world.acme}", 403, "not_your_service")
        await service("sheep").refused("GET", f"/entitlements/mail?tenant_id={world.acme}", 403, "service_unknown")
        await service().refused("GET", f"/entitlements/nope?tenant_id={world.acme}", 404, "service_not_found")
        await service().refused("GET", "/entitlements/mail", 404, "tenant_not_found")
    assert (await service("keys").get("/entitlements", tenant_id=world.acme))["items"] == []


async def test_everyone_within_their_scope_and_nobody_beyond(
    service: Any, acme: Any, stranger: Any, reseller: Any, boss: Any, world: Any
) -> None:
    for _ in range(2):
        assert (await acme.get("/entitlements/mail"))["tenant_id"] == world.acme
        assert (await stranger.get("/entitlements/mail"))["tenant_id"] == world.theirs
        assert (await reseller.get("/entitlements/mail", tenant_id=world.theirs))["tenant_id"] == world.theirs
        assert (await boss.get("/entitlements/mail", tenant_id=world.theirs))["tenant_id"] == world.theirs
        for nobody, tenant_id in (
            (acme, world.theirs),
            (stranger, world.acme),
            (reseller, world.acme),
            (boss, "tnt_x"),
        ):
            for path in ("/entitlements/mail", "/entitlements"):
                await nobody.refused("GET", f"{path}?tenant_id={tenant_id}", 404, "tenant_not_found")


async def test_a_tenant_lists_what_it_may_use(boss: Any, acme: Any, world: Any) -> None:
    await boss.post("/admin/subscriptions", {"tenant_id": world.acme, "plan_key": "keys.pro"}, status=201)
    items = (await acme.get("/entitlements"))["items"]
    assert [(each["service"], each["plan_key"], each["entitled"]) for each in items] == [
        ("mail", "mail.pro", True),
        ("keys", "keys.pro", True),
    ]


async def test_suspension_and_cancellation_are_seen_at_once(service: Any, boss: Any, world: Any) -> None:
    async def standing() -> tuple[bool, str | None, str | None]:
        answer = await service().get("/entitlements/mail", tenant_id=world.acme)
        return answer["entitled"], answer["status"], answer["reason"]

    path = f"/admin/subscriptions/{world.subscription}"
    assert await standing() == (True, "active", None)
    await boss.post(f"{path}/suspend", {})
    assert await standing() == (False, "suspended", "suspended")
    await boss.post(f"{path}/resume", {})
    assert await standing() == (True, "active", None)
    await boss.post(f"{path}/cancel", {"immediate": True})
    assert await standing() == (False, None, "no_subscription")


async def test_usage_is_seen_within_the_bound(
    service: Any, world: Any, capped: None, clock: FixedClock, container: Container
) -> None:
    async def used() -> str:
        answer = await service().get("/entitlements/mail", tenant_id=world.acme)
        return str(answer["metrics"][0]["used"])

    assert await used() == "0"
    await service().post("/metering/events", event(world, "a", "50"), status=202)
    clock.advance(seconds=BOUND - 1)
    assert await used() == "0"
    clock.advance(seconds=1)
    assert await used() == "50"
    # What reaches a threshold is told to services at once.
    await service().post("/metering/events", event(world, "b", "55"), status=202)
    await watch_usage(container)
    answer = await service().get("/entitlements/mail", tenant_id=world.acme)
    assert answer["metrics"][0] | {"used": "105", "remaining": "0", "reached": [80, 100]} == answer["metrics"][0]


async def test_who_has_the_answer_is_not_sent_it_again(service: Any, world: Any, clock: FixedClock) -> None:
    path = f"/entitlements/mail?tenant_id={world.acme}"
    first = await service().send("GET", path)
    tag = first.headers["ETag"]
    clock.advance(seconds=4)
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await service().send("GET", path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["ETag"], again.headers["Cache-Control"]) == (tag, f"private, max-age={BOUND - 4}")
        assert again.headers["Vary"] == "Authorization"
    assert (await service().send("GET", path, headers={"If-None-Match": '"other"'})).status_code == 200
    clock.advance(seconds=60)
    fresh = await service().send("GET", path, headers={"If-None-Match": tag})
    assert (fresh.status_code, fresh.headers["Cache-Control"]) == (304, f"private, max-age={BOUND}")
    await service().post("/metering/events", event(world, "a", "50"), status=202)
    clock.advance(seconds=BOUND)
    changed = await service().send("GET", path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)


async def test_redis_may_die_in_the_middle(
    service: Any, boss: Any, world: Any, settings: Settings, clock: FixedClock, own_redis: OwnRedis
) -> None:
    """Two servers share a Redis; what one suspends the other refuses at once, and with Redis gone both go on."""
    async with AsyncExitStack() as open_servers:
        one, two = [
            type(boss)(await _served(open_servers, evolve(settings, redis_url=own_redis.url), clock), caller.headers)
            for caller in (service(), boss)
        ]
        subscription = f"/admin/subscriptions/{world.subscription}"
        assert (await one.get("/entitlements/mail", tenant_id=world.acme))["entitled"] is True
        await two.post(f"{subscription}/suspend", {})
        assert (await one.get("/entitlements/mail", tenant_id=world.acme))["entitled"] is False
        own_redis.kill()
        assert (await one.get("/entitlements/mail", tenant_id=world.acme))["entitled"] is False
        await two.post(f"{subscription}/resume", {})
        assert (await one.get("/entitlements/mail", tenant_id=world.acme))["entitled"] is True


async def _served(open_servers: AsyncExitStack, settings: Settings, clock: FixedClock) -> AsyncClient:
    container = await open_servers.enter_async_context(Container.from_settings(settings, clock=clock))
    cache = container.kept_entitlements.cache
    assert isinstance(cache, RedisCache)
    cache.patience = 5  # a busy machine is not a Redis that is away
    transport = ASGITransport(cast("Any", create_app(container)))
    return await open_servers.enter_async_context(AsyncClient(transport=transport, base_url="http://server"))


async def test_what_was_reached_stands_beside_the_usage(
    service: Any, acme: Any, world: Any, capped: None, container: Container
) -> None:
    await service().post("/metering/events", event(world, "a", "81"), status=202)
    assert await watch_usage(container) is False
    (shown,) = (await acme.get("/usage"))["items"]
    assert shown["reached"] == [{"percent": 80, "at": "2026-01-15T09:30:00Z"}]

"""A Redis that is away, hangs or dies costs a short wait once, and never an answer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import define
from structlog.testing import capture_logs

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.redis.cache import RedisCache
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.entitlements.use_cases.read_entitlement import ReadEntitlement
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.suspend_subscription import SuspendSubscription
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from tests.services.processes import free_port
from tests.services.redis import OwnRedis

MINUTE = 60_000
ADMIN = Actor.system("tests")
OURS = Actor.tenant_user("tina", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)


@define
class Stopwatch:
    """A monotonic clock that stands until it is moved."""

    at: float = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.at


@pytest.fixture
async def watched(own_redis: OwnRedis) -> AsyncIterator[tuple[RedisCache, Stopwatch]]:
    """A cache in a Redis of its own, and the clock of its pauses."""
    clock = Stopwatch()
    cache = RedisCache(own_redis.url, patience=2, pause=30, monotonic=clock)
    yield cache, clock
    await cache.close()


async def test_a_server_that_dies_is_left_alone_and_asked_again_later(
    watched: tuple[RedisCache, Stopwatch], own_redis: OwnRedis
) -> None:
    cache, clock = watched
    await cache.set("a", "1", MINUTE)
    assert await cache.get("a") is not None
    own_redis.kill()
    with capture_logs() as logs:
        for _ in range(50):
            assert await cache.get("a") is None
            await cache.set("a", "2", MINUTE)
            await cache.delete("a")
        clock.at = 31
        assert await cache.get("a") is None
    assert [each["event"] for each in logs] == ["cache_away"]


async def test_a_server_that_hangs_costs_one_short_wait(
    watched: tuple[RedisCache, Stopwatch], own_redis: OwnRedis
) -> None:
    cache, clock = watched
    await cache.set("a", "1", MINUTE)
    cache.patience = 0.05
    own_redis.pause()
    started = time.monotonic()
    for _ in range(200):
        assert await cache.get("a") is None
    assert time.monotonic() - started < 2, "each of them waited"
    own_redis.go_on()
    cache.patience, clock.at = 2, 31
    with capture_logs() as logs:
        held = await cache.get("a")
    assert held is not None
    assert [each["event"] for each in logs] == ["cache_back"]


async def test_a_server_that_never_was(own_redis: OwnRedis) -> None:
    cache = RedisCache(f"redis://127.0.0.1:{free_port()}/0")
    assert await cache.get("a") is None
    await cache.set("a", "1", MINUTE)
    await cache.close()


async def test_a_value_is_gone_with_its_time_though_the_answer_was_on_its_way(own_redis: OwnRedis) -> None:
    """What a call may take at most is taken off: a value never lives longer than it was given."""
    cache = RedisCache(own_redis.url, patience=2)
    await cache.set("a", "1", 10_000)
    held = await cache.get("a")
    assert held is not None
    assert held.left <= 8_000
    await cache.set("a", "1", 2_000)
    assert await cache.get("a") is None
    await cache.close()


async def test_answers_go_on_when_redis_dies_in_the_middle(own_redis: OwnRedis) -> None:
    world = await MemoryWorld.with_one_customer()
    cache = RedisCache(own_redis.url, patience=2)
    kept = KeptEntitlements(cache, world.clock, max_age=15)
    world.work.committed = kept.committed
    read = world.use(ReadEntitlement, kept_entitlements=kept)
    made = await world.use(CreateSubscription)(ADMIN, NewSubscription(TENANT_ID, "scaikey.pro"))

    async def entitled() -> bool:
        return (await read(OURS, TENANT_ID, "scaikey")).entitlement.entitled

    assert [await entitled() for _ in range(3)] == [True] * 3
    own_redis.kill()
    assert [await entitled() for _ in range(3)] == [True] * 3
    await world.use(SuspendSubscription)(ADMIN, made.id)
    assert await entitled() is False
    await cache.close()


async def test_two_processes_share_one_cache_and_tell_each_other(own_redis: OwnRedis) -> None:
    """One suspends, the other refuses at its next answer."""
    world = await MemoryWorld.with_one_customer()
    one, two = (RedisCache(own_redis.url, patience=2) for _ in range(2))
    writer, reader = (KeptEntitlements(each, world.clock, max_age=15) for each in (one, two))
    made = await world.use(CreateSubscription)(ADMIN, NewSubscription(TENANT_ID, "scaikey.pro"))
    world.work.committed = writer.committed
    read = world.use(ReadEntitlement, kept_entitlements=reader)
    assert (await read(OURS, TENANT_ID, "scaikey")).entitlement.entitled
    assert await reader.get(TENANT_ID) is not None
    await world.use(SuspendSubscription)(ADMIN, made.id)
    assert await writer.get(TENANT_ID) is None
    assert not (await read(OURS, TENANT_ID, "scaikey")).entitlement.entitled
    for each in (one, two):
        await each.close()


async def test_the_container_takes_the_cache_of_its_settings(own_redis: OwnRedis, tmp_path: Any) -> None:
    settings = Settings(data_dir=tmp_path, redis_url=own_redis.url, entitlements_max_age_seconds=7)
    async with Container.from_settings(settings) as container:
        kept = container.kept_entitlements
        assert isinstance(kept.cache, RedisCache)
        assert (kept.cache.url, kept.max_age) == (own_redis.url, 7)
        kept.cache.patience = 5
        await kept.cache.ping()
        assert own_redis.url not in repr(kept.cache)

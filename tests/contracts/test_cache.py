"""The cache, in memory and in Redis: what is held has its time, and nothing is ever held longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from scaicontrol_adapters.redis.cache import RedisCache
from scaicontrol_adapters.system import SystemClock
from scaicontrol_core.kernel.cache import Cache, MemoryCache

MINUTE = 60_000
#: Longer than any answer takes; what is set for longer by so much stays for the rest.
PATIENCE = 5


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """One cache after the other, empty at first."""
    if request.param == "memory":
        yield MemoryCache(SystemClock())
        return
    opened = RedisCache(request.getfixturevalue("redis_url"), patience=PATIENCE)
    yield opened
    await opened.close()


async def test_what_is_set_is_there_with_the_time_that_is_left(cache: Cache) -> None:
    await cache.set("a", "één ✓", MINUTE)
    held = await cache.get("a")
    assert held is not None
    assert held.value == "één ✓"
    assert 0 < held.left <= MINUTE


async def test_what_was_never_set_is_not_there(cache: Cache) -> None:
    assert await cache.get("nothing") is None


async def test_the_last_value_counts_with_its_own_time(cache: Cache) -> None:
    await cache.set("a", "first", MINUTE)
    await cache.set("a", "second", 10 * MINUTE)
    held = await cache.get("a")
    assert held is not None
    assert (held.value, held.left > MINUTE) == ("second", True)


async def test_what_is_deleted_is_gone_and_the_rest_is_not(cache: Cache) -> None:
    for key in "abc":
        await cache.set(key, key, MINUTE)
    await cache.delete("a", "b", "x")
    await cache.delete()
    assert [await cache.get(key) is None for key in "abc"] == [True, True, False]


async def test_when_its_time_is_over_it_is_gone(cache: Cache) -> None:
    await cache.set("a", "short", PATIENCE * 1000 + 50 if isinstance(cache, RedisCache) else 50)
    async with asyncio.timeout(PATIENCE):
        while await cache.get("a") is not None:  # noqa: ASYNC110  # its time passes in another process
            await asyncio.sleep(0)


@pytest.mark.parametrize("time", [0, -1])
async def test_what_has_no_time_is_not_held_and_replaces(cache: Cache, time: int) -> None:
    await cache.set("a", "old", MINUTE)
    await cache.set("a", "new", time)
    assert await cache.get("a") is None


async def test_many_at_once(cache: Any) -> None:
    async def use(number: int) -> str:
        key = f"k{number % 7}"
        await cache.set(key, key, MINUTE)
        held = await cache.get(key)
        return held.value if held else ""

    assert await asyncio.gather(*(use(number) for number in range(200))) == [f"k{number % 7}" for number in range(200)]

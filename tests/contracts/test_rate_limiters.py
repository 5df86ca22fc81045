"""Rate limits, counted in memory and in Redis: the same callers pass, and the same are refused."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator

import pytest

from scaicontrol_adapters.rate_limiting import milliseconds
from scaicontrol_adapters.redis.rate_limits import RedisRateLimiter
from scaicontrol_core.kernel.rate_limit import Allowance, MemoryRateLimiter, RateLimiter
from tests.services.redis import OwnRedis

#: A busy machine is not away.
PATIENCE = 5
FIVE = Allowance("five", 5, 3600)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[RateLimiter]:
    """One after the other, nothing counted at first."""
    if request.param == "memory":
        yield MemoryRateLimiter(milliseconds)
        return
    opened = RedisRateLimiter(
        request.getfixturevalue("redis_url"),
        fallback=MemoryRateLimiter(milliseconds),
        patience=PATIENCE,
        on_fallback=_fell_back,
    )
    yield opened
    await opened.close()


def _fell_back() -> None:
    pytest.fail("Redis was there")


async def test_so_many_pass_and_the_next_is_told_when_to_come_back(limiter: RateLimiter) -> None:
    found = [await limiter.take("tina", FIVE) for _ in range(7)]
    assert [each.passes for each in found] == [True] * 5 + [False] * 2
    assert [each.remaining for each in found] == [4, 3, 2, 1, 0, 0, 0]
    assert all(FIVE.seconds <= each.seconds <= FIVE.seconds * 1.1 for each in found)


async def test_callers_and_policies_have_counts_of_their_own(limiter: RateLimiter) -> None:
    for _ in range(5):
        await limiter.take("tina", FIVE)
    assert not (await limiter.take("tina", FIVE)).passes
    assert (await limiter.take("rita", FIVE)).passes
    assert (await limiter.take("tina", Allowance("others", 5, 3600))).passes


async def test_of_many_at_once_no_more_pass(limiter: RateLimiter) -> None:
    found = await asyncio.gather(*(limiter.take("tina", FIVE) for _ in range(50)))
    assert sum(each.passes for each in found) == 5


async def test_who_waits_as_told_passes_again(limiter: RateLimiter) -> None:
    quick = Allowance("quick", 2, 1)
    found = [await limiter.take("tina", quick) for _ in range(3)]
    assert [each.passes for each in found] == [True, True, False]
    await asyncio.sleep(found[-1].more_in / 1000 + 0.02)
    assert (await limiter.take("tina", quick)).passes


async def test_redis_forgets_by_itself_and_never_learns_who_asked(redis_url: str) -> None:
    limiter = RedisRateLimiter(redis_url, fallback=MemoryRateLimiter(milliseconds), patience=PATIENCE)
    await limiter.take("tina@acme.example", FIVE)
    client = limiter._connected()
    (key,) = [key async for key in client.scan_iter("*")]
    assert "tina" not in key
    assert 0 < await client.pttl(key) <= FIVE.slot * 11
    await limiter.close()


def _take_many(url: str, times: int) -> int:
    async def run() -> int:
        limiter = RedisRateLimiter(
            url, fallback=MemoryRateLimiter(milliseconds), patience=PATIENCE, on_fallback=_fell_back
        )
        found = [(await limiter.take("tina", Allowance("shared", 100, 3600))).passes for _ in range(times)]
        await limiter.close()
        return sum(found)

    return asyncio.run(run())


def test_processes_share_one_count(redis_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        found = pool.starmap(_take_many, [(redis_url, 60)] * 3)
    assert sum(found) == 100


async def test_without_redis_each_process_counts_for_itself(own_redis: OwnRedis) -> None:
    told: list[str] = []
    limiter = RedisRateLimiter(
        own_redis.url,
        fallback=MemoryRateLimiter(milliseconds),
        patience=PATIENCE,
        pause=3600,
        on_fallback=lambda: told.append("once"),
    )
    assert (await limiter.take("tina", FIVE)).remaining == 4
    own_redis.kill()
    found = [await limiter.take("tina", FIVE) for _ in range(6)]
    assert [each.passes for each in found] == [True] * 5 + [False]
    assert len(told) == 6
    await limiter.close()

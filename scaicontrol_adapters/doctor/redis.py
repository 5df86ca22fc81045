"""Redis: answers, is of a version we know, and throws away only what may be lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings

_OLDEST = (6, 2)
_ADDRESS = "SCAICONTROL_REDIS_URL"
_PROBE = "scaicontrol:doctor"
_SECONDS = 3.0


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the Redis of the settings, if they name one."""
    if not settings.redis_url:
        yield ok("cache", "In the memory of each process: no Redis is set.")
        return
    client = Redis.from_url(settings.redis_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
    try:
        info = await client.info()
        yield _version(str(info.get("redis_version", "0")))
        yield _eviction(str(info.get("maxmemory_policy", "")), int(info.get("maxmemory", 0)))
        await client.set(_PROBE, "1", ex=5)
        await client.delete(_PROBE)
    except (AuthenticationError, NoPermissionError):
        yield wrong("cache", "User or password is refused, or may not write.", f"Mend the password in {_ADDRESS}.")
    except ResponseError as error:
        yield wrong("cache", f"It takes no writes: {str(error)[:80]}.", "Give it memory or disk, or name its primary.")
    except (RedisError, OSError):
        yield wrong("cache", "Nobody answers at its address.", f"Start Redis, or mend host and port in {_ADDRESS}.")
    finally:
        await client.aclose()


def _version(version: str) -> Finding:
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < _OLDEST:
        return wrong("cache", f"Redis {version} is too old.", "Use Redis 6.2 or later.")
    return ok("cache", f"Redis {version}.")


def _eviction(policy: str, most: int) -> Finding:
    if most and policy.startswith("allkeys"):
        return warning(
            "cache.eviction",
            f"maxmemory-policy is {policy}: it throws queued messages away when memory runs out.",
            "Set maxmemory-policy to volatile-ttl, or to noeviction.",
        )
    return ok("cache.eviction", f"maxmemory-policy is {policy or 'unknown'}.")

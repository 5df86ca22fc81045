"""The cache in Redis: one for all processes, and for none of them an obstacle."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from attrs import define, field
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from scaicontrol_core.kernel.cache import Held

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
log = structlog.get_logger(__name__)
#: What a broken connection, a slow server or a wrong answer raises.
_AWAY = (RedisError, OSError, TimeoutError)
_MILLISECONDS = 1000
#: How long an answer may take before the database is asked instead.
PATIENCE_SECONDS = 0.1
#: More who ask at once wait for each other.
_CONNECTIONS = 32


@define(eq=False)
class RedisCache:
    """Values in Redis (port ``Cache``).

    An answer that takes longer than ``patience`` seconds counts as none. After one, and after
    every error, nobody asks again for ``pause`` seconds: a server that hangs costs one short
    wait, not one for each read.
    """

    url: str = field(repr=False)
    patience: float = field(factory=lambda: PATIENCE_SECONDS)
    pause: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _client: Redis | None = field(init=False, default=None)
    _away_until: float | None = field(init=False, default=None)

    async def get(self, key: str) -> Held | None:
        """Return what is held, with the time that Redis itself gives it."""

        async def ask(client: Redis) -> Held | None:
            # In one transaction: value and time are of the same setting.
            pipe: Any
            async with client.pipeline(transaction=True) as pipe:
                value, left = await pipe.get(key).pttl(key).execute()
            return Held(value, left) if value is not None and left > 0 else None

        return await self._answer(ask)

    async def set(self, key: str, value: str, milliseconds: int) -> None:
        """Hold a value; on the way to Redis its time runs already."""
        lasting = milliseconds - int(self.patience * _MILLISECONDS)
        if lasting <= 0:
            await self.delete(key)
            return

        async def ask(client: Redis) -> None:
            await client.set(key, value, px=lasting)

        await self._answer(ask)

    async def delete(self, *keys: str) -> None:
        """Forget values."""
        if not keys:
            return

        async def ask(client: Redis) -> None:
            await client.unlink(*keys)

        await self._answer(ask)

    async def ping(self) -> None:
        """Ask whether it is there; raises what is wrong. For probes alone."""
        async with asyncio.timeout(self.patience):
            await self._connected().ping()

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _answer(self, ask: Callable[[Redis], Awaitable[T]]) -> T | None:
        if self._away_until is not None and self.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(self.patience):
                answer = await ask(self._connected())
        except _AWAY as wrong:
            if self._away_until is None:
                log.warning("cache_away", error=type(wrong).__name__)
            self._away_until = self.monotonic() + self.pause
            return None
        if self._away_until is not None:
            log.info("cache_back")
            self._away_until = None
        return answer

    def _connected(self) -> Redis:
        """Return the client; it connects when it is first asked something."""
        if self._client is None:
            pool = BlockingConnectionPool.from_url(
                self.url,
                max_connections=_CONNECTIONS,
                timeout=self.patience,
                decode_responses=True,
                socket_timeout=self.patience,
                socket_connect_timeout=self.patience,
                retry=Retry(NoBackoff(), 0),
            )
            self._client = Redis.from_pool(pool)
        return self._client

"""A line to Redis that never keeps anybody waiting: what hangs, dies or answers nonsense counts as no answer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar, TypeVar

import structlog
from attrs import define, field
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
log = structlog.get_logger(__name__)
#: What a broken connection, a slow server or a wrong answer raises.
_AWAY = (RedisError, OSError, TimeoutError)
#: How long an answer may take before one does without.
PATIENCE_SECONDS = 0.1
#: More who ask at once wait for each other.
_CONNECTIONS = 32


@define(eq=False)
class RedisLine:
    """Base of what speaks to Redis.

    An answer that takes longer than ``patience`` seconds counts as none. After one, and after
    every error, nobody asks again for ``pause`` seconds: a server that hangs costs one short
    wait, not one for each question.
    """

    url: str = field(repr=False)
    patience: float = field(factory=lambda: PATIENCE_SECONDS)
    pause: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _client: Redis | None = field(init=False, default=None)
    _away_until: float | None = field(init=False, default=None)

    #: What the log says when it goes away, and when it is there again.
    away: ClassVar[str] = "redis_away"
    back: ClassVar[str] = "redis_back"

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
                log.warning(self.away, error=type(wrong).__name__)
            self._away_until = self.monotonic() + self.pause
            return None
        if self._away_until is not None:
            log.info(self.back)
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

"""The cache in Redis: one for all processes, and for none of them an obstacle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import define

from scaicontrol_adapters.redis.line import RedisLine
from scaicontrol_core.kernel.cache import Held

if TYPE_CHECKING:
    from redis.asyncio import Redis

_MILLISECONDS = 1000


@define(eq=False)
class RedisCache(RedisLine):
    """Values in Redis (port ``Cache``). While Redis is away nothing is held."""

    away: ClassVar[str] = "cache_away"
    back: ClassVar[str] = "cache_back"

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

"""Rate limits in Redis: one count for all processes; without Redis each process counts for itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import define, field

from scaicontrol_adapters.redis.line import RedisLine
from scaicontrol_core.kernel.rate_limit import SLOTS, Allowance, MemoryRateLimiter, Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio import Redis

#: The rule of ``scaicontrol_core.kernel.rate_limit.judge``, by the clock of Redis: processes need not agree on the
#: time. One script is one step: nobody counts between another's look and his own count.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local allowed, slot, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local current = math.floor(now / slot)
local held = redis.call('HGETALL', KEYS[1])
local spent, oldest = 0, current
for index = 1, #held, 2 do
  local number = tonumber(held[index])
  if number < current - slots then
    redis.call('HDEL', KEYS[1], held[index])
  else
    spent = spent + tonumber(held[index + 1])
    if number < oldest then oldest = number end
  end
end
local passes = 0
if spent < allowed then
  redis.call('HINCRBY', KEYS[1], string.format('%d', current), 1)
  redis.call('PEXPIRE', KEYS[1], (slots + 1) * slot)
  spent, passes = spent + 1, 1
end
return {passes, spent, string.format('%d', oldest), string.format('%d', now)}
"""


@define(eq=False)
class RedisRateLimiter(RedisLine):
    """Counts in Redis (port ``RateLimiter``). While it is away, this process counts what it sees itself.

    Several processes then let through a little more than they should, and none of them refuses
    everybody. ``on_fallback`` is told of each request judged that way.
    """

    away: ClassVar[str] = "rate_limits_away"
    back: ClassVar[str] = "rate_limits_back"

    fallback: MemoryRateLimiter = field(kw_only=True)
    on_fallback: Callable[[], None] = field(kw_only=True, default=lambda: None)

    async def take(self, key: str, allowance: Allowance) -> Verdict:
        """Judge one request of a caller, and count it if it passes."""

        async def ask(client: Redis) -> Verdict:
            script: Any = client.register_script(_SCRIPT)
            passes, spent, oldest, now = await script(
                keys=[_place(key, allowance)], args=[allowance.requests, allowance.slot, SLOTS]
            )
            return verdict(allowance, int(now), spent=spent, oldest=int(oldest), passes=bool(passes))

        found = await self._answer(ask)
        if found is not None:
            return found
        self.on_fallback()
        return await self.fallback.take(key, allowance)


def _place(key: str, allowance: Allowance) -> str:
    """Return where a caller's counts are; of the caller itself nothing is written."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"scaicontrol:rate:{allowance.name}:{allowance.seconds}:{digest}"

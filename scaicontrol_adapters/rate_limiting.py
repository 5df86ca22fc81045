"""Where requests are counted: in Redis for all processes of an installation, else in this one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.rate_limit import MemoryRateLimiter

if TYPE_CHECKING:
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_adapters.telemetry import Metrics
    from scaicontrol_core.kernel.rate_limit import RateLimiter

_MILLISECONDS = 1000


def rate_limiter(settings: Settings, metrics: Metrics) -> RateLimiter:
    """Return what counts requests; one in Redis is to be closed at the end."""
    if not settings.redis_url:
        return MemoryRateLimiter(milliseconds)
    from scaicontrol_adapters.redis.rate_limits import RedisRateLimiter  # noqa: PLC0415  # only who has a Redis

    return RedisRateLimiter(
        settings.redis_url, fallback=MemoryRateLimiter(milliseconds), on_fallback=metrics.rate_limits_fell_back
    )


def milliseconds() -> int:
    """Return the time of a clock that never goes back."""
    return int(time.monotonic() * _MILLISECONDS)

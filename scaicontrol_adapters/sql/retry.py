"""Run a whole use case again when the database gave up its transaction.

Only the whole of it will do: what was read before the deadlock is not true any more. Measured
on Galera with writers on three nodes, about every second success needs a second attempt.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from attrs import field, frozen

from scaicontrol_adapters.tracing import note_retry
from scaicontrol_core.kernel.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")
R = TypeVar("R")
_MAX_SECONDS = 1.0
#: How often this process ran a transaction again, by the code of what it was given up with.
RETRIES: Counter[str] = Counter()


@frozen
class Backoff:
    """Runs an attempt again on ``Retryable``, up to ``attempts`` times in all (port ``Retry``).

    Waits ``base_seconds`` × 2ⁿ, at most a second, times a factor between ½ and 1½ that
    ``jitter`` (0…1) chooses, so that two opponents do not meet again. The last ``Retryable``
    is raised as it is.
    """

    attempts: int = 8
    base_seconds: float = 0.01
    jitter: Callable[[], float] = field(default=random.random)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep)

    async def __call__(self, attempt: Callable[[], Awaitable[R]]) -> R:
        """Return what the first successful attempt returns; each starts from scratch."""
        for count in range(self.attempts - 1):
            try:
                return await attempt()
            except Retryable as given_up:
                note_retry(count + 1, given_up.code)
                RETRIES[given_up.code] += 1
                await self.sleep(min(self.base_seconds * 2**count, _MAX_SECONDS) * (0.5 + self.jitter()))
        return await attempt()


def retried(use_case: Callable[P, Awaitable[R]], backoff: Backoff | None = None) -> Callable[P, Awaitable[R]]:
    """Wrap a use case, or any coroutine function, so that the whole of it is run again on ``Retryable``."""
    retry = backoff or Backoff()

    @wraps(use_case)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return await retry(lambda: use_case(*args, **kwargs))

    return call

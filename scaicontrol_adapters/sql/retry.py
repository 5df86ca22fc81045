"""Run a whole use case again when the database gave up its transaction.

Only the whole of it will do: what was read before the deadlock is not true any more. Measured
on Galera with writers on three nodes, about every second success needs a second attempt.
"""

from __future__ import annotations

import asyncio
import random
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from scaicontrol_core.kernel.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 8
BASE_SECONDS = 0.01
MAX_SECONDS = 1.0


def retried(
    use_case: Callable[P, Awaitable[R]],
    *,
    attempts: int = ATTEMPTS,
    base_seconds: float = BASE_SECONDS,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Callable[P, Awaitable[R]]:
    """Wrap a use case so that ``Retryable`` runs it again, up to ``attempts`` times in all.

    Waits ``base_seconds × 2ⁿ`` (at most a second) times a factor between ½ and 1½ that
    ``jitter`` (0…1) chooses, so that two opponents do not meet again. The last ``Retryable``
    is raised as it is.
    """

    @wraps(use_case)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(attempts - 1):
            try:
                return await use_case(*args, **kwargs)
            except Retryable:
                await sleep(min(base_seconds * 2**attempt, MAX_SECONDS) * (0.5 + jitter()))
        return await use_case(*args, **kwargs)

    return call

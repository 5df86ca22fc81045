"""Going through what time alone moves on: each by itself, and none keeps another waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from scaicontrol_core.kernel.errors import Retryable, ScaiControlError, Stale

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_BATCH = 200
_Id = TypeVar("_Id", bound=str)


async def reap_each(
    ripe: Callable[[_Id | None, int], Awaitable[Sequence[_Id]]], reap: Callable[[_Id], Awaitable[bool]]
) -> int:
    """Return how many were moved on; ``ripe`` returns at most so many ids after the one given.

    The first error of one that cannot be moved on is raised when all others are done.
    """
    moved, after = 0, None
    failure: ScaiControlError | None = None
    while True:
        found = await ripe(after, _BATCH)
        for each in found:
            try:
                moved += await reap(each)
            except (Stale, Retryable):
                continue  # somebody changes it this moment: the next run looks again
            except ScaiControlError as error:
                failure = failure or error
        if len(found) < _BATCH:
            break
        after = found[-1]
    if failure is not None:
        raise failure
    return moved

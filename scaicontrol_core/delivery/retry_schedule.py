"""When a delivery is tried again: seven attempts over a day and a half, each wait a little blurred."""

from __future__ import annotations

from datetime import timedelta

#: The wait after the first attempt, after the second, and so on; who fails after the last is dead.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
)
MOST_ATTEMPTS = 1 + len(WAITS)
#: While no more attempts than these were made, younger events of the same aggregate wait behind a delivery.
ORDERED_ATTEMPTS = 1 + 3
#: Attempts that nobody saw the end of may come on top, for whoever died in the last one.
MOST_CLAIMS = MOST_ATTEMPTS + 3
#: Jitter: up to a fifth less or more, in parts of a thousand.
JITTER_STEPS = 401
_JITTER_MIDDLE = JITTER_STEPS // 2
_THOUSAND = 1000


def wait_after(attempts: int, jitter: int, asked: timedelta | None = None) -> timedelta | None:
    """Return how long to wait after that many attempts; None if that was the last one.

    ``jitter`` is a number below ``JITTER_STEPS``. ``asked`` is the receiver's ``Retry-After``: honoured where it
    asks for more patience than we have anyway, up to the longest wait.
    """
    if not 0 <= jitter < JITTER_STEPS:
        raise ValueError(f"jitter lies between 0 and {JITTER_STEPS - 1}, not at {jitter}")
    if attempts > len(WAITS):
        return None
    wait = WAITS[max(attempts, 1) - 1] * (_THOUSAND - _JITTER_MIDDLE + jitter) / _THOUSAND
    return wait if asked is None else max(wait, min(asked, WAITS[-1]))

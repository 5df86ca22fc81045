"""When a message that could not be handed over is tried again."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

_MINUTE = timedelta(minutes=1)
#: Waits after the first, second, … attempt; the one after the last gives up.
WAITS = (_MINUTE, 5 * _MINUTE, 30 * _MINUTE, 120 * _MINUTE, 720 * _MINUTE, 1440 * _MINUTE)
#: No message is handed over more often than this in a round, even if nobody lived to tell of it.
LAST_ATTEMPT = len(WAITS) + 1
#: How long a worker may hold a request; no hand-over takes that long, so nobody else is at it.
LEASE = 10 * _MINUTE
#: Longest wait that a mail service may ask for.
LONGEST_WAIT = 1440 * _MINUTE
_SPREAD_PER_MILLE = 200


def wait_after(attempts: int, key: str, *, asked: timedelta | None = None) -> timedelta | None:
    """Return how long to wait after so many failed attempts, None to give up.

    Spread by up to 20 % either way, so that a thousand messages stopped by one outage do not
    come back as one: by the key's digest, hence the same each time it is asked. A longer wait
    that the service ``asked`` for counts.
    """
    if attempts > len(WAITS):
        return None
    wait = WAITS[max(attempts, 1) - 1]
    draw = int.from_bytes(sha256(f"{key} {attempts}".encode()).digest()[:4], "big")
    per_mille = 1000 - _SPREAD_PER_MILLE + draw % (2 * _SPREAD_PER_MILLE + 1)
    spread = wait * per_mille // 1000
    return max(spread, min(asked, LONGEST_WAIT)) if asked is not None else spread

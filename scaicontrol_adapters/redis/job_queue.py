"""Where in Redis the names of jobs wait, and what of it could not be used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Before every key of ours that has to do with jobs.
NAMESPACE = "scaicontrol:jobs"
#: Jobs that run every few seconds, and those that may take long: nobody waits for a nightly one.
QUICK, SLOW = "quick", "slow"
QUEUES = (QUICK, SLOW)
_SHOWN = 200


@frozen(kw_only=True)
class DeadLetter:
    """A message that no worker could use: from which queue, and what it says, cut short."""

    queue: str
    text: str


async def dead_letters(url: str) -> Sequence[DeadLetter]:
    """Return the messages that were put aside; they are kept for seven days, and nothing is lost with them."""
    from redis.asyncio import Redis  # noqa: PLC0415  # only who has Redis loads it

    found: list[DeadLetter] = []
    async with Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as redis:
        for queue in QUEUES:
            kept: Any = await redis.hgetall(f"{NAMESPACE}:{queue}.XQ.msgs")
            found += [DeadLetter(queue=queue, text=_text(each)) for _, each in sorted(kept.items())]
    return found


def _text(raw: bytes) -> str:
    try:
        message = json.loads(raw)
        return f"{message['actor_name']} {json.dumps(message['args'])}"[:_SHOWN]
    except (ValueError, KeyError, TypeError):
        return raw.decode(errors="replace")[:_SHOWN]

"""The machine's own clock and identifiers: the two ports that need no other technology."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta

from attrs import define, field

from scaicontrol_core.kernel.ids import ENTROPY_BITS, compose_id

_LARGEST = (1 << ENTROPY_BITS) - 1


class SystemClock:
    """Tells the machine's time, in UTC (port ``Clock``)."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)


async def rest_awhile(wait: timedelta) -> None:
    """Let a while pass (port ``Rest``)."""
    await asyncio.sleep(wait.total_seconds())


@define
class MonotonicIds:
    """Identifiers that sort by the moment they were made, also within a millisecond (port ``Ids``).

    Within a millisecond, or after the clock was set back, the entropy counts up from the last
    one: every id is greater than all this object made before.
    """

    _milliseconds: int = field(init=False, default=0)
    _entropy: int = field(init=False, default=0)

    def new(self, prefix: str) -> str:
        """Return ``{prefix}_{26 characters}``."""
        now = time.time_ns() // 1_000_000
        if now > self._milliseconds or self._entropy == _LARGEST:
            self._milliseconds = max(now, self._milliseconds + 1)
            # The top bit stays clear, so that counting up within a millisecond never runs over.
            self._entropy = int.from_bytes(os.urandom(ENTROPY_BITS // 8), "big") >> 1
        else:
            self._entropy += 1
        return compose_id(prefix, self._milliseconds, self._entropy)

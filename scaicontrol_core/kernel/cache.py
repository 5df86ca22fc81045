"""Cache: values that may be forgotten at any moment, and never outlive their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from attrs import define, field, frozen

if TYPE_CHECKING:
    from scaicontrol_core.kernel.clock import Clock

_MILLISECOND = timedelta(milliseconds=1)


@frozen
class Held:
    """A value, and how many milliseconds of its time are left."""

    value: str
    left: int


class Cache(Protocol):
    """Texts under keys, for a time. It is never the truth, and never an obstacle.

    No method raises: a cache that is away, or slow, holds nothing. A value is gone when its time
    is over; it may be gone before.
    """

    async def get(self, key: str) -> Held | None:
        """Return what is held, if its time is not over."""
        ...

    async def set(self, key: str, value: str, milliseconds: int) -> None:
        """Hold a value for so long at most, in place of what was there; for 0 or less not at all."""
        ...

    async def delete(self, *keys: str) -> None:
        """Forget values; keys that are not there do no harm."""
        ...


@frozen
class _Kept:
    value: str
    since: datetime
    until: datetime


@define
class MemoryCache:
    """Values within one process, by its clock; a full one forgets what was set first."""

    clock: Clock
    most: int = 10_000
    _kept: dict[str, _Kept] = field(factory=dict, init=False)

    async def get(self, key: str) -> Held | None:
        """Return what is held; nothing either while the clock stands before it was set."""
        kept, now = self._kept.get(key), self.clock.now()
        if kept is None:
            return None
        if not kept.since <= now < kept.until:
            del self._kept[key]
            return None
        return Held(kept.value, (kept.until - now) // _MILLISECOND)

    async def set(self, key: str, value: str, milliseconds: int) -> None:
        """Hold a value for so long at most."""
        self._kept.pop(key, None)
        if milliseconds <= 0:
            return
        now = self.clock.now()
        self._kept[key] = _Kept(value, now, now + milliseconds * _MILLISECOND)
        while len(self._kept) > self.most:
            del self._kept[next(iter(self._kept))]

    async def delete(self, *keys: str) -> None:
        """Forget values."""
        for key in keys:
            self._kept.pop(key, None)

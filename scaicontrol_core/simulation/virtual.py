"""A clock that is moved by hand and never back, and identifiers that follow from it and a seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import define, field

from scaicontrol_core.kernel.clock import Clock, as_utc
from scaicontrol_core.kernel.ids import ENTROPY_BITS, compose_id
from scaicontrol_core.simulation.randomness import BITS, Stream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@define
class VirtualClock:
    """A ``Clock`` that stands still until it is moved on."""

    at: datetime = field(converter=as_utc)

    def now(self) -> datetime:
        """Return the instant it was moved to."""
        return self.at

    def move_to(self, instant: datetime) -> None:
        """Go on to an instant; ``ValueError`` if it lies back."""
        wanted = as_utc(instant)
        if wanted < self.at:
            raise ValueError(f"The clock stands at {self.at} and does not go back to {wanted}.")
        self.at = wanted


@define
class SeededIds:
    """``Ids`` of a seed: each is greater than all before it, and the same run makes the same ones."""

    clock: Clock
    stream: Stream
    _milliseconds: int = field(init=False, default=-1)
    _entropy: int = field(init=False, default=0)

    def new(self, prefix: str) -> str:
        """Return ``{prefix}_{26 characters}``; within a millisecond the last characters count up."""
        milliseconds = (self.clock.now() - _EPOCH) // _MILLISECOND
        if milliseconds > self._milliseconds:
            self._milliseconds = milliseconds
            # The top bit stays clear, so that counting up never runs over.
            self._entropy = (self.stream.at(milliseconds) << (ENTROPY_BITS - BITS)) >> 1
        else:
            self._entropy += 1
        return compose_id(prefix, self._milliseconds, self._entropy)

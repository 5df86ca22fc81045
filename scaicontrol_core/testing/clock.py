"""A clock that stands still until it is told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import define, field

from scaicontrol_core.kernel.clock import as_utc

DEFAULT_START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@define
class FixedClock:
    """A ``Clock`` that tests and demos move by hand."""

    at: datetime = field(default=DEFAULT_START, converter=as_utc)

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at

    def set(self, instant: datetime) -> None:
        """Jump to an instant."""
        self.at = as_utc(instant)

    def advance(self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> None:
        """Move on by so much."""
        self.at += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

"""Time comes in through a port: the core never asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        ...


def as_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC; a naive datetime is taken to be UTC already."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def rfc3339(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, e.g. ``2026-05-18T09:30:00Z`` (microseconds kept if any)."""
    return as_utc(instant).isoformat().replace("+00:00", "Z")

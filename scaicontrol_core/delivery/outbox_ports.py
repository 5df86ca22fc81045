"""The events that commits wrote, and the feed that is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, Self

from attrs import frozen

from scaicontrol_core.delivery.envelope import Envelope
from scaicontrol_core.delivery.service_feed import services_named
from scaicontrol_core.kernel.ids import EventId, ServiceId


@frozen
class FeedItem:
    """An event in the feed: its body as it is sent, and its place. ``seen_by`` is the service that reads it, if any."""

    position: int
    event_id: EventId
    topic: str
    body: bytes
    seen_by: ServiceId | None = None


@frozen
class PlacedEvent:
    """An event that is given its place: its body as it is sent, and the services that it is about."""

    id: EventId
    body: bytes
    services: tuple[ServiceId, ...] = ()

    @classmethod
    def of(cls, event: Envelope) -> Self:
        """Return an event's."""
        return cls(EventId(event.id), event.body(), services_named(event.data))


@frozen(kw_only=True)
class FeedFilter:
    """Which events of the feed are wanted: topics (all if empty), one partner's, one tenant's."""

    topics: tuple[str, ...] = ()
    partner_id: str | None = None
    tenant_id: str | None = None


class Outbox(Protocol):
    """The events that commits wrote, on their way into the feed."""

    async def head(self) -> int:
        """Return the highest position given so far; 0 before the first."""
        ...

    async def unplaced(self, limit: int) -> Sequence[Envelope]:
        """Return events without a place, oldest first, and never one before an older one of its aggregate."""
        ...

    async def place(self, head: int, placed: Sequence[PlacedEvent], at: datetime) -> None:
        """Give events the places after ``head``, in order, with their bodies, and put them into their services' feeds.

        Raises ``Retryable`` if another relay moved the head or placed one of them: nothing of it is written then.
        """
        ...

    async def bodies(self, event_ids: Sequence[EventId]) -> Mapping[EventId, bytes]:
        """Return the bodies of events that have a place."""
        ...

    async def feed(self, after: int, limit: int, criteria: FeedFilter) -> Sequence[FeedItem]:
        """Return events within scope behind a position, in order; private ones are left out.

        Within a service's scope are those that name it.
        """
        ...

    async def end(self) -> int:
        """Return the highest position of an event within scope; 0 if there is none."""
        ...

    async def since(self, moment: datetime, after: int, limit: int) -> Sequence[tuple[int, Envelope]]:
        """Return placed events that happened at or after a moment, with their positions, behind a position."""
        ...

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many events have no place yet, and when the oldest of them happened."""
        ...

"""The outbox on its way into the feed, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from scaicontrol_core.delivery.envelope import AggregateRef, Envelope
from scaicontrol_core.delivery.outbox_ports import FeedFilter, FeedItem, PlacedEvent
from scaicontrol_core.delivery.topics import PRIVATE_TOPICS
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import EventId, ServiceId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.testing.memory_store import OutboxEvent, Transaction

_PLACES, _HEAD = "outbox_places", "outbox_head"


def _first() -> Retryable:
    return Retryable("Another worker was first.")


@frozen
class _Place:
    """Where an event stands in the feed, and the bytes it is sent as."""

    event_id: EventId
    position: int
    at: datetime
    body: bytes
    services: tuple[ServiceId, ...]


@frozen
class _Head:
    position: int


class MemoryOutbox:
    """The events."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def _places(self) -> dict[str, _Place]:
        return {place.event_id: place for place in self._transaction.rows(_PLACES)}

    async def head(self) -> int:
        """Return the highest position given so far."""
        kept: _Head | None = self._transaction.row(_HEAD, 1)
        return kept.position if kept else 0

    async def unplaced(self, limit: int) -> Sequence[Envelope]:
        """Return events without a place, in the order of their commits."""
        places = self._places()
        return [_envelope(event) for event in self._transaction.store.outbox if event.id not in places][:limit]

    async def place(self, head: int, placed: Sequence[PlacedEvent], at: datetime) -> None:
        """Give events the places after ``head``, in order, with their bodies and services; or ``Retryable``."""
        self._transaction.watch(_HEAD, 1, _first)
        if await self.head() != head:
            raise _first()
        self._transaction.write(_HEAD, 1, _Head(head + len(placed)))
        for count, each in enumerate(placed, start=1):
            self._transaction.watch(_PLACES, each.id, _first)
            if self._transaction.row(_PLACES, each.id) is not None:
                raise _first()
            place = _Place(each.id, head + count, at, each.body, each.services)
            self._transaction.write(_PLACES, each.id, place)

    async def bodies(self, event_ids: Sequence[EventId]) -> Mapping[EventId, bytes]:
        """Return the bodies of events within scope that have a place."""
        places = self._places()
        reached = {event.id for event in self._transaction.store.outbox if self._reaches(event)}
        return {key: places[key].body for key in event_ids if key in places and key in reached}

    async def feed(self, after: int, limit: int, criteria: FeedFilter) -> Sequence[FeedItem]:
        """Return events within scope behind a position, in order; private ones are left out."""
        places = self._places()
        found = [
            FeedItem(places[event.id].position, EventId(event.id), event.topic, places[event.id].body, self._reader())
            for event in self._transaction.store.outbox
            if event.id in places and self._reaches(event) and _wanted(event, criteria)
        ]
        return sorted((item for item in found if item.position > after), key=lambda item: item.position)[:limit]

    async def end(self) -> int:
        """Return the highest position of an event within scope; 0 if there is none."""
        return max((item.position for item in await self.feed(0, await self.head(), FeedFilter())), default=0)

    async def since(self, moment: datetime, after: int, limit: int) -> Sequence[tuple[int, Envelope]]:
        """Return placed events within scope that happened at or after a moment, behind a position."""
        places = self._places()
        found = [
            (places[event.id].position, _envelope(event))
            for event in self._transaction.store.outbox
            if event.id in places and event.occurred_at >= moment and self._reaches(event)
        ]
        return sorted((item for item in found if item[0] > after), key=lambda item: item[0])[:limit]

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many events have no place yet, and when the oldest of them happened."""
        waiting = [event.occurred_at for event in self._transaction.store.outbox if event.id not in self._places()]
        return len(waiting), min(waiting, default=None)

    def _reaches(self, event: OutboxEvent) -> bool:
        scope, place = self._transaction.scope, self._places().get(event.id)
        if scope.kind is ScopeKind.SERVICE:
            return place is not None and self._reader() in place.services
        return scope.covers(partner_id=event.partner_id, tenant_id=event.tenant_id)

    def _reader(self) -> ServiceId | None:
        """Return the service whose scope this is; None for all others."""
        app_id = self._transaction.scope.app_id
        own = (each.id for each in self._transaction.rows("services") if each.app_id == app_id)
        return next(own, None)


def _wanted(event: OutboxEvent, criteria: FeedFilter) -> bool:
    return (
        event.topic not in PRIVATE_TOPICS
        and (not criteria.topics or event.topic in criteria.topics)
        and criteria.partner_id in (None, event.partner_id)
        and criteria.tenant_id in (None, event.tenant_id)
    )


def _envelope(event: OutboxEvent) -> Envelope:
    return Envelope(
        id=event.id,
        type=event.topic,
        timestamp=event.occurred_at,
        idempotency_key=event.idempotency_key,
        partner_id=event.partner_id,
        tenant_id=event.tenant_id,
        aggregate=AggregateRef(event.aggregate_type, event.aggregate_id, event.aggregate_version, event.sequence),
        data=event.data,
    )

"""The outbox on its way into the feed: places are given under a conditional update of the feed's head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, null, select, tuple_, update

from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.rows.delivery import OutboxHeadRow
from scaicontrol_adapters.sql.rows.journal import OutboxRow, OutboxServiceRow
from scaicontrol_core.delivery.envelope import AggregateRef, Envelope
from scaicontrol_core.delivery.outbox_ports import FeedItem
from scaicontrol_core.delivery.topics import PRIVATE_TOPICS
from scaicontrol_core.kernel.errors import Conflict, Retryable
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.delivery.outbox_ports import FeedFilter, PlacedEvent
    from scaicontrol_core.kernel.ids import EventId

_O, _S, _THE_HEAD = OutboxRow, OutboxServiceRow, 1
_COLUMNS = (
    _O.id,
    _O.topic,
    _O.occurred_at,
    _O.idempotency_key,
    _O.partner_id,
    _O.tenant_id,
    _O.aggregate_type,
    _O.aggregate_id,
    _O.aggregate_version,
    _O.sequence,
    _O.data,
)
_HEAD = select(OutboxHeadRow.position).where(OutboxHeadRow.id == _THE_HEAD)
_MOVE_HEAD = (
    update(OutboxHeadRow)
    .where(OutboxHeadRow.id == _THE_HEAD, OutboxHeadRow.position == bindparam("kept_position"))
    .values(position=bindparam("new_position"))
)
_UNPLACED = (
    select(*_COLUMNS).where(_O.fanned_out_at.is_(None)).order_by(_O.occurred_at, _O.id).limit(bindparam("at_most"))
)
_PLACE = (
    update(_O)
    .where(_O.id == bindparam("key"), _O.fanned_out_at.is_(None))
    .values(position=bindparam("place"), fanned_out_at=bindparam("at"), body=bindparam("text"))
)
_BODIES = select(_O.id, _O.body).where(_O.id.in_(bindparam("wanted", expanding=True)), _O.body.is_not(None))
_FIRST_SINCE = (
    select(_O.position)
    .where(_O.fanned_out_at >= bindparam("moment"))
    .order_by(_O.fanned_out_at, _O.occurred_at, _O.id)
    .limit(1)
)
_END = select(func.max(_O.position))
_END_OF_SERVICE = select(func.max(_S.position))


def _envelope(row: Sequence[Any]) -> Envelope:
    event_id, topic, at, key, partner_id, tenant_id, kind, aggregate_id, version, sequence, payload = row
    return Envelope(
        id=event_id,
        type=topic,
        timestamp=at,
        idempotency_key=key,
        partner_id=partner_id,
        tenant_id=tenant_id,
        aggregate=AggregateRef(kind, aggregate_id, version, sequence),
        data=payload,
    )


class SqlOutbox:
    """The events (port ``Outbox``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def head(self) -> int:
        """Return the highest position given so far."""
        return (await self._transaction.execute(_HEAD)).scalar_one_or_none() or 0

    async def unplaced(self, limit: int) -> Sequence[Envelope]:
        """Return events without a place, oldest first, and never one before an older one of its aggregate."""
        rows = await self._transaction.execute(_UNPLACED, {"at_most": limit})
        events = [_envelope(row) for row in rows]
        there = {(each.aggregate.order_key, each.aggregate.sequence) for each in events}
        # Clocks of several machines differ: an aggregate's second event may seem older than its first.
        missing = [
            each.aggregate
            for each in events
            if each.aggregate.sequence > 1 and (each.aggregate.order_key, each.aggregate.sequence - 1) not in there
        ]
        late = await self._unplaced_before(missing)
        in_turn = [
            each
            for each in events
            if late.get(each.aggregate.order_key, each.aggregate.sequence) >= each.aggregate.sequence
        ]
        return _aggregates_in_order(in_turn)

    async def _unplaced_before(self, missing: Sequence[AggregateRef]) -> dict[str, int]:
        """Return, per aggregate, the lowest sequence whose turn has not come since the one before it is unplaced."""
        late: dict[str, int] = {}
        for start in range(0, len(missing), MAX_IN_LIST):
            before = [(each.type, each.id, each.sequence - 1) for each in missing[start : start + MAX_IN_LIST]]
            key = tuple_(_O.aggregate_type, _O.aggregate_id, _O.sequence)
            rows: Any = await self._transaction.execute(
                select(_O.aggregate_type, _O.aggregate_id, _O.sequence).where(
                    key.in_(before), _O.fanned_out_at.is_(None)
                )
            )
            for kind, aggregate_id, sequence in rows:
                name = AggregateRef(kind, aggregate_id, 0, 0).order_key
                late[name] = min(sequence, late.get(name, sequence))
        return late

    async def place(self, head: int, placed: Sequence[PlacedEvent], at: datetime) -> None:
        """Give events the places after ``head``, in order, with their bodies and services; or ``Retryable``."""
        moved = {"kept_position": head, "new_position": head + len(placed)}
        if await self._transaction.update(_MOVE_HEAD, moved) != 1:
            if head:
                raise Retryable("Another relay was first.")
            try:
                await self._transaction.insert(OutboxHeadRow, [{"id": _THE_HEAD, "position": len(placed)}])
            except Conflict as taken:
                raise Retryable("Another relay was first.") from taken
        changes = [
            {"key": each.id, "place": head + count, "at": at, "text": each.body.decode()}
            for count, each in enumerate(placed, start=1)
        ]
        if await self._transaction.update_each(_PLACE, changes) != len(placed):
            raise Retryable("Another relay was first.")
        named = [
            {"event_id": each.id, "service_id": service_id, "position": head + count}
            for count, each in enumerate(placed, start=1)
            for service_id in each.services
        ]
        await self._transaction.insert(_S, named)

    async def bodies(self, event_ids: Sequence[EventId]) -> Mapping[EventId, bytes]:
        """Return the bodies of events that have a place."""
        found: dict[EventId, bytes] = {}
        wanted = list(dict.fromkeys(event_ids))
        for start in range(0, len(wanted), MAX_IN_LIST):
            rows: Any = await self._transaction.execute(_BODIES, {"wanted": wanted[start : start + MAX_IN_LIST]})
            found |= {key: body.encode() for key, body in rows}
        return found

    async def feed(self, after: int, limit: int, criteria: FeedFilter) -> Sequence[FeedItem]:
        """Return events within scope behind a position, in order; private ones are left out."""
        query = self._feed(after)
        if criteria.topics:
            query = query.where(_O.topic.in_(criteria.topics))
        query = query.where(_O.topic.not_in(PRIVATE_TOPICS))
        if criteria.partner_id is not None:
            query = query.where(_O.partner_id == criteria.partner_id)
        if criteria.tenant_id is not None:
            query = query.where(_O.tenant_id == criteria.tenant_id)
        rows: Any = await self._transaction.execute(query.limit(limit))
        return [FeedItem(row[0], row[1], row[2], row[3].encode(), row[4]) for row in rows]

    def _feed(self, after: int) -> Any:
        """Return the query of a scope's feed behind a position: a service's has places of its own."""
        if self._transaction.scope.kind is not ScopeKind.SERVICE:
            return (
                select(_O.position, _O.id, _O.topic, _O.body, null()).where(_O.position > after).order_by(_O.position)
            )
        columns = (_S.position, _O.id, _O.topic, _O.body, _S.service_id)
        return select(*columns).join(_O, _O.id == _S.event_id).where(_S.position > after).order_by(_S.position)

    async def end(self) -> int:
        """Return the highest position of an event within scope; 0 if there is none."""
        of_service = self._transaction.scope.kind is ScopeKind.SERVICE
        return (await self._transaction.execute(_END_OF_SERVICE if of_service else _END)).scalar_one_or_none() or 0

    async def since(self, moment: datetime, after: int, limit: int) -> Sequence[tuple[int, Envelope]]:
        """Return placed events that happened at or after a moment, behind a position."""
        # What happened since was placed since: whatever stands before the first of these is older.
        first = (await self._transaction.execute(_FIRST_SINCE, {"moment": moment})).scalar_one_or_none()
        if first is None:
            return []
        query = select(_O.position, *_COLUMNS).where(_O.position > max(after, first - 1), _O.occurred_at >= moment)
        rows = await self._transaction.execute(query.order_by(_O.position).limit(limit))
        return [(row[0], _envelope(row[1:])) for row in rows]

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many events have no place yet, and when the oldest of them happened."""
        query = select(func.count(), func.min(_O.occurred_at)).where(_O.fanned_out_at.is_(None))
        row: Any = (await self._transaction.execute(query)).one()
        return row[0], row[1]


def _aggregates_in_order(events: Sequence[Envelope]) -> list[Envelope]:
    """Return the events so that each aggregate's own are in sequence, on the places that its own had."""
    by_aggregate: dict[str, list[Envelope]] = {}
    for each in events:
        by_aggregate.setdefault(each.aggregate.order_key, []).append(each)
    turns = {key: iter(sorted(own, key=lambda each: each.aggregate.sequence)) for key, own in by_aggregate.items()}
    return [next(turns[each.aggregate.order_key]) for each in events]

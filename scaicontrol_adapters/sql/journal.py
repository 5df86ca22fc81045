"""The journal of a unit of work: its events, on their way to the audit log and the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attrs import asdict, frozen
from sqlalchemy import func, insert, select, tuple_

from scaicontrol_adapters.sql.rows.journal import AuditRow, OutboxRow
from scaicontrol_core.audit.projection import audit_entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.events import Event
    from scaicontrol_core.kernel.ids import Ids

#: Aggregates per query for their last sequence: SQLite allows 32,766 parameters a statement.
_CHUNK = 500
_ADD_AUDIT = insert(AuditRow.__table__)  # type: ignore[arg-type]
_ADD_OUTBOX = insert(OutboxRow.__table__)  # type: ignore[arg-type]


@frozen
class Recorded:
    """An event and the version that its aggregate has after the change."""

    event: Event
    version: int


class Telling(Protocol):
    """What has something to tell: an aggregate, or a counter that reached a line."""

    def collect_events(self) -> tuple[Event, ...]:
        """Return what was recorded since the last call, and forget it."""
        ...


class Journal:
    """Collects what aggregates recorded; ``write`` puts it beside their state, in one transaction."""

    def __init__(self) -> None:
        self._recorded: list[Recorded] = []
        self._born: set[tuple[str, str]] = set()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing happened."""
        return not self._recorded

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, in the order they were recorded."""
        return tuple(each.event for each in self._recorded)

    def take(self, aggregate: Telling, version: int, *, born_as: str | None = None) -> None:
        """Take over an aggregate's events. ``born_as`` is its resource type if it is new."""
        for event in aggregate.collect_events():
            self._recorded.append(Recorded(event, version))
            if event.resource_type == born_as:
                self._born.add((event.resource_type, event.resource_id))

    async def write(self, connection: AsyncConnection, actor: Actor, ids: Ids, now: datetime) -> None:
        """Write the audit log and, for events with a topic, the outbox."""
        entries = (audit_entry(ids.new("aud"), each.event, actor, now) for each in self._recorded)
        await connection.execute(_ADD_AUDIT, [asdict(entry, recurse=False) for entry in entries])
        public = [each for each in self._recorded if each.event.topic is not None]
        if public:
            sequences = await self._sequences(connection, public)
            await connection.execute(_ADD_OUTBOX, list(_envelopes(public, sequences, ids, now)))
        self._recorded.clear()

    async def _sequences(self, connection: AsyncConnection, public: list[Recorded]) -> dict[tuple[str, str], int]:
        """Return how many public events each aggregate has; those born just now have none."""
        old = sorted({_aggregate(each) for each in public} - self._born)
        counted: dict[tuple[str, str], int] = {}
        for start in range(0, len(old), _CHUNK):
            key = tuple_(OutboxRow.aggregate_type, OutboxRow.aggregate_id)
            last = (
                select(OutboxRow.aggregate_type, OutboxRow.aggregate_id, func.max(OutboxRow.sequence))
                .where(key.in_(old[start : start + _CHUNK]))
                .group_by(OutboxRow.aggregate_type, OutboxRow.aggregate_id)
            )
            for kind, key_id, sequence in await connection.execute(last):
                counted[kind, key_id] = sequence
        return counted


def _aggregate(recorded: Recorded) -> tuple[str, str]:
    return recorded.event.resource_type, recorded.event.resource_id


def _envelopes(
    public: list[Recorded], sequences: dict[tuple[str, str], int], ids: Ids, now: datetime
) -> Iterable[dict[str, Any]]:
    for each in public:
        key = _aggregate(each)
        sequences[key] = sequences.get(key, 0) + 1
        yield {
            "id": ids.new("evt"),
            "topic": each.event.topic,
            "idempotency_key": each.event.idempotency_key,
            "partner_id": each.event.partner_id,
            "tenant_id": each.event.tenant_id,
            "aggregate_type": each.event.resource_type,
            "aggregate_id": each.event.resource_id,
            "aggregate_version": each.version,
            "sequence": sequences[key],
            "data": each.event.told(),
            "occurred_at": now,
            "attempts": 0,
        }

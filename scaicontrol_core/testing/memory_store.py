"""Rows in memory and transactions over them: what the in-memory collections stand on.

A transaction sees its own changes over what is committed; committing checks that nobody else
changed the same rows meanwhile and applies everything at once, events included.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from copy import copy, deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from attrs import define, field, fields, frozen

from scaicontrol_core.audit.projection import audit_entry
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, ScaiControlError, Stale
from scaicontrol_core.kernel.scope import Scope, ScopeKind

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.events import Event
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.subscriptions.recurrence import Changed

T = TypeVar("T")
#: A value no two rows may share, and the error to raise when they would.
UniqueKey = tuple[Hashable, Callable[[], ScaiControlError]]


@frozen(kw_only=True)
class OutboxEvent:
    """A public event as the outbox keeps it; ``sequence`` counts the aggregate's from 1."""

    id: str
    topic: str
    idempotency_key: str
    partner_id: str | None
    tenant_id: str | None
    aggregate_type: str
    aggregate_id: str
    aggregate_version: int
    sequence: int
    data: dict[str, Any]
    occurred_at: datetime


@define
class MemoryStore:
    """Everything that is committed. ``outbox`` and ``audit`` are open to tests, in order of commit."""

    tables: dict[str, dict[Hashable, tuple[int, Any]]] = field(factory=dict)
    outbox: list[OutboxEvent] = field(factory=list)
    audit: list[AuditEntry] = field(factory=list)
    revision: int = 0

    def topics(self) -> tuple[str, ...]:
        """Return the topics announced so far, in order."""
        return tuple(event.topic for event in self.outbox)


@define(eq=False)
class Transaction:
    """The changes of one unit of work, over a store, on behalf of an actor."""

    store: MemoryStore
    actor: Actor
    clock: Clock
    ids: Ids
    read_only: bool = False
    recurrences: list[Changed] = field(factory=list, init=False)
    _changes: dict[tuple[str, Hashable], Any] = field(factory=dict, init=False)
    _seen: dict[tuple[str, Hashable], tuple[int, Callable[[], ScaiControlError]]] = field(factory=dict, init=False)
    _uniques: list[Callable[[], None]] = field(factory=list, init=False)
    _events: list[tuple[int, Event]] = field(factory=list, init=False)

    @property
    def scope(self) -> Scope:
        """The rows within reach."""
        return self.actor.scope

    def rows(self, table: str) -> list[Any]:
        """Return copies of all rows of a table as this transaction sees them."""
        merged = {key: row for key, (_, row) in self.store.tables.get(table, {}).items()}
        merged |= {key: row for (changed, key), row in self._changes.items() if changed == table}
        return [snapshot(row) for row in merged.values() if row is not None]

    def row(self, table: str, key: Hashable) -> Any | None:  # any aggregate
        """Return a copy of one row, or None."""
        if (table, key) in self._changes:
            found = self._changes[table, key]
        else:
            found = self.store.tables.get(table, {}).get(key, (0, None))[1]
        return None if found is None else snapshot(found)

    def watch(self, table: str, key: Hashable, otherwise: Callable[[], ScaiControlError]) -> None:
        """Have the commit fail with that error if others write the row before it."""
        revision = self.store.tables.get(table, {}).get(key, (0, None))[0]
        self._seen.setdefault((table, key), (revision, otherwise))

    def write(self, table: str, key: Hashable, row: object | None) -> None:
        """Change, add or (None) remove a row, from the commit on."""
        if self.read_only:
            raise OutOfScope("a read-only unit of work writes nothing")
        self._changes[table, key] = None if row is None else snapshot(row)

    def check_at_commit(self, check: Callable[[], None]) -> None:
        """Run a check of uniqueness again when others may have committed in between."""
        self._uniques.append(check)

    def require_reach(self, what: str, *, partner_id: str, tenant_id: str | None) -> None:
        """Raise ``OutOfScope`` unless the scope may write a row of these owners."""
        if not self.scope.covers(partner_id=partner_id, tenant_id=tenant_id):
            raise OutOfScope(f"a {self.scope.kind} scope can't write this {what}: it belongs to somebody else")

    def record(self, events: Iterable[Event], version: int) -> None:
        """Keep events for the audit log and the outbox; ``version`` is the aggregate's after the write."""
        self._events += [(version, event) for event in events]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events to commit, in the order they were recorded."""
        return tuple(event for _, event in self._events)

    def commit(self) -> None:
        """Apply all changes at once, or raise and apply none."""
        for (table, key), (revision, otherwise) in self._seen.items():
            if self.store.tables.get(table, {}).get(key, (0, None))[0] != revision:
                raise otherwise()
        for check in self._uniques:
            check()
        announced = self._announced()
        self.store.revision += 1
        for (table, key), row in self._changes.items():
            if row is None:
                self.store.tables.get(table, {}).pop(key, None)
            else:
                self.store.tables.setdefault(table, {})[key] = (self.store.revision, row)
        now = self.clock.now()
        self.store.audit += [audit_entry(self.ids.new("aud"), event, self.actor, now) for _, event in self._events]
        self.store.outbox += announced
        for pending in (self._changes, self._seen, self._uniques, self._events):
            pending.clear()

    def _announced(self) -> list[OutboxEvent]:
        known = {event.idempotency_key for event in self.store.outbox}
        announced: list[OutboxEvent] = []
        for version, event in self._events:
            if event.topic is None:
                continue
            if event.idempotency_key in known:
                raise Conflict("This has been announced already.", code="event_recorded")
            known.add(event.idempotency_key)
            before = [
                each
                for each in (*self.store.outbox, *announced)
                if (each.aggregate_type, each.aggregate_id) == (event.resource_type, event.resource_id)
            ]
            announced.append(
                OutboxEvent(
                    id=self.ids.new("evt"),
                    topic=event.topic,
                    idempotency_key=event.idempotency_key,
                    partner_id=event.partner_id,
                    tenant_id=event.tenant_id,
                    aggregate_type=event.resource_type,
                    aggregate_id=event.resource_id,
                    aggregate_version=version,
                    sequence=len(before) + 1,
                    data=event.told(),
                    occurred_at=self.clock.now(),
                )
            )
        return announced


def snapshot(row: T) -> T:
    """Return a copy of an aggregate that shares nothing changeable with it, its events left behind."""
    twin = copy(row)
    for attribute in fields(cast("Any", type(row))):
        value = getattr(row, attribute.name)
        if attribute.name == "_events":
            object.__setattr__(twin, "_events", [])
        elif isinstance(value, list | dict):
            object.__setattr__(twin, attribute.name, deepcopy(value))
    return twin


class MemoryCollection(Generic[T]):
    """One kind of aggregate; subclasses say what its key, its owners and its unique values are."""

    table: ClassVar[str]
    what: ClassVar[str]

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    # -- what a subclass says ------------------------------------------------------------------

    def _key(self, row: T) -> Hashable:
        """Return the primary key."""
        return cast("Hashable", cast("Any", row).id)

    def _reaches(self, scope: Scope, row: T) -> bool:
        """Tell whether the scope may see the row; the platform always may."""
        del scope, row
        return True

    def _may_write(self, scope: Scope, row: T) -> bool:
        """Tell whether the scope may write the row; by default what it may see."""
        return self._reaches(scope, row)

    def _unique_keys(self, row: T) -> Iterable[UniqueKey]:
        """Return the values that no other row of the table may have."""
        del row
        return ()

    # -- what every collection does --------------------------------------------------------------

    async def get(self, key: Any) -> T:  # each port narrows it to its own id
        """Return one within scope, or raise ``NotFound``."""
        found = self._find(key)
        if found is None:
            raise NotFound.of(self.what, str(key))
        return found

    async def add(self, row: T) -> None:
        """Store a new one and take over its events."""
        self._require_writable(row)
        key = self._key(row)
        self._claim(row)
        self._transaction.watch(self.table, key, self._taken(row))
        if self._transaction.row(self.table, key) is not None:
            refusal = self._taken(row)
            raise refusal()
        self._write(row)

    async def save(self, row: T) -> None:
        """Store a changed one and take over its events; ``Stale`` if others changed it."""
        self._require_writable(row)
        self._require_fresh(row)
        self._claim(row)
        self._write(row)

    # -- inside ----------------------------------------------------------------------------------

    def _taken(self, row: T) -> Callable[[], ScaiControlError]:
        return lambda: Conflict(f"There is a {self.what} {self._key(row)!r} already.", code="already_exists")

    def _sees(self, row: T) -> bool:
        scope = self._transaction.scope
        return scope.kind is ScopeKind.PLATFORM or self._reaches(scope, row)

    def _find(self, key: Hashable) -> T | None:
        found = self._transaction.row(self.table, key)
        return found if found is not None and self._sees(found) else None

    def _visible(self) -> list[T]:
        return [row for row in self._transaction.rows(self.table) if self._sees(row)]

    def _require_writable(self, row: T) -> None:
        scope = self._transaction.scope
        if scope.kind is not ScopeKind.PLATFORM and not self._may_write(scope, row):
            raise OutOfScope(f"a {scope.kind} scope can't write this {self.what}: it belongs to somebody else")

    def _require_fresh(self, row: T) -> None:
        key, version = self._key(row), cast("Any", row).version
        self._transaction.watch(self.table, key, lambda: self._stale(row))
        stored = self._transaction.row(self.table, key)
        if stored is None or stored.version != version:
            raise self._stale(row)

    def _stale(self, row: T) -> Stale:
        return Stale(f"Somebody else changed the {self.what} {self._key(row)!r} first.", hint="Read it again.")

    def _claim(self, row: T) -> None:
        claimed = tuple(self._unique_keys(row))
        if not claimed:
            return

        def check() -> None:
            others = [other for other in self._transaction.rows(self.table) if self._key(other) != self._key(row)]
            taken = {value for other in others for value, _ in self._unique_keys(other)}
            for value, conflict in claimed:
                if value in taken:
                    raise conflict()

        check()
        self._transaction.check_at_commit(check)

    def _write(self, row: T) -> None:
        aggregate = cast("Any", row)
        aggregate.version += 1
        self._transaction.record(aggregate.collect_events(), aggregate.version)
        self._transaction.write(self.table, self._key(row), row)

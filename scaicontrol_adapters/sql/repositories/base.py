"""What the repositories share: load by key, add, save where the version still matches."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import bindparam, delete, select, update

from scaicontrol_adapters.sql.errors import DUPLICATE
from scaicontrol_core.kernel.errors import Conflict, NotFound, OutOfScope, Stale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Executable, Select, Update

    from scaicontrol_adapters.sql.dialects import SqlDialect
    from scaicontrol_adapters.sql.mapping import Fields
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.events import Event
    from scaicontrol_core.kernel.scope import Scope


class Aggregate(Protocol):
    """What an aggregate needs to be kept: a version, and events to collect."""

    version: int

    def collect_events(self) -> tuple[Event, ...]:
        """Return what was recorded since the last call."""
        ...


E = TypeVar("E", bound=Aggregate)
C = TypeVar("C")
#: Values in one IN list; SQLite takes 32,766 parameters a statement.
MAX_IN_LIST = 1000


class Table(Generic[E]):
    """How one kind of aggregate is kept in one table, built once at import.

    ``key`` is the primary key's column; ``what`` names the thing in errors, ``resource_type``
    in events. ``fixed`` are columns that are written once.
    """

    def __init__(
        self,
        row: type[Any],
        fields: Fields[E],
        *,
        what: str,
        resource_type: str | None = None,
        key: str = "id",
        fixed: Sequence[str] = (),
        extra: Sequence[str] = (),
    ) -> None:
        self.row, self.fields, self.what, self.key = row, fields, what, key
        self.resource_type = resource_type or what
        self.names = fields.columns
        self.key_column = getattr(row, key)
        unchanging = {key, "version", *row.owner_columns(), *fixed}
        self.changing = tuple(name for name in (*self.names, *extra) if name not in unchanging)
        self.columns = [getattr(row, name) for name in self.names]
        self.select: Select[Any] = select(*self.columns)
        self.by_key = self.select.where(self.key_column == bindparam("wanted_key"))
        self.by_keys = self.select.where(self.key_column.in_(bindparam("wanted_keys", expanding=True)))
        self._write_many: dict[str, Executable | None] = {}
        self.write: Update = (
            update(row)
            .where(self.key_column == bindparam("kept_key"), row.version == bindparam("kept_version"))
            .values(version=bindparam("new_version"), **{name: bindparam(f"new_{name}") for name in self.changing})
        )

    def write_many(self, dialect: SqlDialect) -> Executable | None:
        """Return the dialect's statement that updates many rows at once, if it has one."""
        if dialect.name not in self._write_many:
            owners = self.row.owner_columns() - {self.key}
            self._write_many[dialect.name] = dialect.save_many(self.row, self.changing, owners)
        return self._write_many[dialect.name]

    def restore(self, row: Sequence[Any]) -> E:
        """Turn a selected row into the aggregate."""
        restored: E = self.fields.read(dict(zip(self.names, row, strict=True)))
        return restored


class Repository(Generic[E]):
    """Base of the repositories of aggregates that live in one table."""

    table: ClassVar[Table[Any]]

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def values(self, aggregate: E) -> dict[str, Any]:
        """Return the row's columns; a subclass adds what the aggregate doesn't have."""
        written: dict[str, Any] = self.table.fields.write(aggregate)
        return written

    async def load_if_there(self, key: str) -> E | None:
        """Load one by its primary key, or None."""
        row = (await self._transaction.execute(self.table.by_key, {"wanted_key": key})).first()
        return None if row is None else self.table.restore(row)

    async def load(self, key: str) -> E:
        """Load one by its primary key; raises ``NotFound``."""
        found = await self.load_if_there(key)
        if found is None:
            raise NotFound.of(self.table.what, key)
        return found

    async def find_where(self, *predicates: ColumnElement[bool]) -> E | None:
        """Load the one that the predicates name, or None."""
        row = (await self._transaction.execute(self.table.select.where(*predicates))).first()
        return None if row is None else self.table.restore(row)

    async def all_where(self, *predicates: ColumnElement[bool], order: Sequence[Any] = ()) -> list[E]:
        """Load all that the predicates name."""
        rows = await self._transaction.execute(self.table.select.where(*predicates).order_by(*order))
        return [self.table.restore(row) for row in rows]

    async def all_in(self, keys: Sequence[str]) -> list[E]:
        """Load all of these primary keys that are there, in few statements."""
        found: list[E] = []
        for start in range(0, len(keys), MAX_IN_LIST):
            rows = await self._transaction.execute(
                self.table.by_keys, {"wanted_keys": keys[start : start + MAX_IN_LIST]}
            )
            found += [self.table.restore(row) for row in rows]
        return found

    async def add(self, aggregate: E) -> None:
        """Insert it and take over its events."""
        await self.add_each([aggregate])

    async def add_each(self, aggregates: Sequence[E]) -> None:
        """Insert all with one statement and take over their events."""
        await self._transaction.insert(
            self.table.row, [self.values(each) | {"version": each.version + 1} for each in aggregates]
        )
        for each in aggregates:
            self._note(each, born=True)

    async def save(self, aggregate: E) -> None:
        """Update it where its version still matches; raises ``Stale``."""
        await self.save_each([aggregate])

    async def save_each(self, aggregates: Sequence[E]) -> None:
        """Update all; raises ``Stale`` if any was changed by others, ``OutOfScope`` if any is somebody else's."""
        if not await self._saved([self._owned(each) for each in aggregates]):
            raise Stale(f"This {self.table.what} was changed by somebody else.", hint="Read it again.")
        for each in aggregates:
            self._note(each, born=False)

    async def _saved(self, rows: Sequence[dict[str, Any]]) -> bool:
        """Update the rows; tell whether each was there at the version before."""
        if len(rows) == 1:
            return await self._transaction.update(self.table.write, self._changes(rows[0])) == 1
        at_once = self.table.write_many(self._transaction.dialect)
        if at_once is not None and rows:
            return await self._transaction.save_many(at_once, rows)
        return await self._transaction.update_each(self.table.write, [self._changes(row) for row in rows]) == len(rows)

    def _owned(self, aggregate: E) -> dict[str, Any]:
        """Return the row as it will be; raises ``OutOfScope`` if it is somebody else's."""
        values = self.values(aggregate)
        refuse_foreign(self.table.row, self._transaction.scope, values)
        return values | {"version": aggregate.version + 1}

    def _changes(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of the UPDATE."""
        changes = {f"new_{name}": row[name] for name in (*self.table.changing, "version")}
        return changes | {"kept_key": row[self.table.key], "kept_version": row["version"] - 1}

    def _note(self, aggregate: E, *, born: bool) -> None:
        aggregate.version += 1
        self._transaction.journal.take(
            aggregate,
            aggregate.version,
            born_as=self.table.resource_type if born else None,
        )


def refuse_foreign(row: type[Any], scope: Scope, values: Mapping[str, Any]) -> None:
    """Raise ``OutOfScope`` for a row that the scope may not write; an UPDATE alone would say ``Stale``."""
    if not row.may_change(scope) or not row.may_insert(scope, values):
        raise OutOfScope(f"a {scope.kind} scope can't write this {row.__name__}: it belongs to somebody else")


@asynccontextmanager
async def telling(*errors: Conflict, duplicate: Conflict | None = None) -> AsyncIterator[None]:
    """Raise the core's own error in place of a conflict with its code: it names the value.

    ``duplicate`` stands for a taken primary key, which MariaDB does not name.
    """
    try:
        yield
    except Conflict as conflict:
        if duplicate is not None and conflict.code == DUPLICATE:
            raise duplicate from None
        raise next((error for error in errors if error.code == conflict.code), conflict) from None


class Children(Generic[C]):
    """Values that an aggregate holds in order, kept in a table of their own.

    ``parent`` is the column that names the aggregate; ``position`` counts from 0.
    """

    def __init__(self, row: type[Any], fields: Fields[C], *, parent: str) -> None:
        self.row, self.fields, self.parent = row, fields, parent
        self._owner = getattr(row, parent)
        columns: list[Any] = [getattr(row, name) for name in fields.columns]
        self._of_parents = (
            select(self._owner, *columns)
            .where(self._owner.in_(bindparam("parents", expanding=True)))
            .order_by(self._owner, row.position)
        )

    def written(self, parent_id: str, values: Sequence[C], **owner: str | None) -> list[dict[str, Any]]:
        """Return the rows of one aggregate's values; ``owner`` are its owner columns, if they have any."""
        return [
            {self.parent: parent_id, "position": position, **owner, **self.fields.write(value)}
            for position, value in enumerate(values)
        ]

    async def of(self, transaction: Transaction, parent_ids: Sequence[str]) -> dict[str, tuple[C, ...]]:
        """Load the values of all the aggregates, in few statements."""
        found: dict[str, list[C]] = {}
        for start in range(0, len(parent_ids), MAX_IN_LIST):
            wanted = {"parents": parent_ids[start : start + MAX_IN_LIST]}
            for row in await transaction.execute(self._of_parents, wanted):
                value = self.fields.read(dict(zip(self.fields.columns, row[1:], strict=True)))
                found.setdefault(row[0], []).append(value)
        return {parent_id: tuple(values) for parent_id, values in found.items()}

    async def replace(self, transaction: Transaction, parent_id: str, values: Sequence[C], **owner: str | None) -> None:
        """Replace an aggregate's values; writes nothing where they are the same already."""
        if (await self.of(transaction, [parent_id])).get(parent_id, ()) == tuple(values):
            return
        await transaction.execute(delete(self.row).where(self._owner == parent_id), synchronize_session=False)
        await transaction.insert(self.row, self.written(parent_id, values, **owner))

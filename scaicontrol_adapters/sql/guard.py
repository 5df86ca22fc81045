"""The tenancy guard: no statement leaves its scope, whoever wrote it and whatever they forgot.

Every statement of a session passes ``guard_statement``. SELECT, UPDATE and DELETE get the
predicate of each row class they touch, joins and subqueries included; an INSERT is checked
value by value; owner columns can't be updated; what SQLAlchemy can't put a predicate on
(Core tables, ``text()``, bulk updates by primary key) is refused.

Two doors are left, both named and both for reading: ``Opening`` for what a port promises to
show past the scope, and ``UNGUARDED`` for statements of platform code that the guard can't
read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeGuard
from weakref import WeakKeyDictionary

from sqlalchemy import Alias, Column, FromClause, Table, TextClause, event, inspect
from sqlalchemy.orm import Mapper, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Delete, Insert, Update

from scaicontrol_adapters.sql.rows.base import Reach
from scaicontrol_core.kernel.errors import OutOfScope
from scaicontrol_core.kernel.scope import Scope, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.orm import ORMExecuteState

#: Execution option with which platform code may run a statement the guard can't read; its
#: value says why. Other scopes may not, whatever they say.
UNGUARDED = "unguarded"
#: Execution options of the dialects' own upserts: one leaves an existing row as it is, the
#: other changes it only if it has the owners that the INSERT names, which are checked here.
KEEPS_EXISTING, SAVES = "keeps_existing", "saves"
#: Execution option that names an ``Opening``.
OPENING = "opening"
_SCOPE = "scope"
_READ_ONLY = "read_only"
_CRITERIA = "criteria"
_CLOSED = "closed"


class Opening(StrEnum):
    """What may be read past the scope: each is one port's promise, and one row class."""

    SELLERS = "partners"
    """A tenant's purchases depend on its seller's calendar (port ``Sellers``); the value is the table."""
    TEMPLATES = "document_templates"
    """Whoever reads a document first has it written with its seller's template (port ``Templates``)."""


class Unguardable(Exception):  # reads as what it is
    """A statement that the guard can't keep within a scope, or a session that has none: a bug."""


class ScopedSession(Session):
    """A session bound to one scope for its whole life."""


def bound_to(scope: Scope, *, read_only: bool) -> dict[str, Any]:
    """Return the ``info`` that opens a ``ScopedSession`` for the scope."""
    return {_SCOPE: scope, _READ_ONLY: read_only, _CRITERIA: {}}


def scope_of(session: Session) -> Scope:
    """Return the session's scope; raises ``Unguardable`` if none was set."""
    scope = session.info.get(_SCOPE)
    if session.info.get(_CLOSED):
        raise Unguardable("the unit of work is over: nothing would commit this")
    if not isinstance(scope, Scope):
        raise Unguardable("a session without a scope sees and writes nothing")
    return scope


def close_to_statements(session: Session) -> None:
    """Refuse every later statement: after COMMIT it would open a transaction nobody commits."""
    session.info[_CLOSED] = True


@event.listens_for(ScopedSession, "do_orm_execute")
def guard_statement(state: ORMExecuteState) -> None:
    """Check and narrow one statement."""
    scope = scope_of(state.session)
    statement = state.statement
    if state.execution_options.get(UNGUARDED):
        if scope.kind is not ScopeKind.PLATFORM:
            raise Unguardable(f"a {scope.kind} scope can't run unguarded statements")
        return
    touched = () if _is_own_upsert(state) else rows_touched(statement)
    opening = state.execution_options.get(OPENING)
    if opening is not None and state.is_select:
        if [row.__tablename__ for row in touched] != [Opening(opening).value]:  # type: ignore[attr-defined]
            raise Unguardable(f"the opening {opening!r} shows nothing else")
        return
    if not state.is_select:
        _guard_write(state, scope)
    if scope.kind is ScopeKind.PLATFORM or isinstance(statement, Insert):
        return
    if _is_core_write(state):
        # SQLAlchemy puts no criteria on these; an ordinary WHERE does the same.
        predicate = _reach(_entity(statement)).visible(scope)  # type: ignore[arg-type]
        if predicate is not None:
            state.statement = statement.where(predicate)  # type: ignore[attr-defined]
        return
    criteria = state.session.info[_CRITERIA]
    options = [option for row in touched if (option := _criterion(row, scope, criteria)) is not None]
    if options:
        state.statement = statement.options(*options)


def guard_insert(session: Session, row: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Check rows that go to the driver directly, as ``guard_statement`` would."""
    scope = scope_of(session)
    if session.info[_READ_ONLY]:
        raise OutOfScope("a read-only unit of work writes nothing")
    reach = _reach(row)
    for added in rows:
        _check_insert(reach, scope, added)


@event.listens_for(ScopedSession, "before_flush")
def guard_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """Check objects added or changed through the session, though repositories add none."""
    scope = scope_of(session)
    if session.info[_READ_ONLY] and (session.new or session.dirty or session.deleted):
        raise OutOfScope("a read-only unit of work writes nothing")
    for thing in session.new:
        row = _reach(type(thing))
        _check_insert(row, scope, {column.key: getattr(thing, column.key) for column in row.__table__.columns})  # type: ignore[attr-defined]
    for thing in (*session.dirty, *session.deleted):
        row = _reach(type(thing))
        if not row.may_change(scope):
            raise OutOfScope(f"a {scope.kind} scope can't change {row.__name__}")
        moved = {name for name in row.owner_columns() if _is_changed(thing, name)}
        _refuse_move(row, moved)


def _guard_write(state: ORMExecuteState, scope: Scope) -> None:
    statement, session = state.statement, state.session
    if session.info[_READ_ONLY]:
        raise OutOfScope("a read-only unit of work writes nothing")
    if isinstance(statement, Insert):
        row = _reach(_entity(statement))
        for added in _inserted(statement, state):
            _check_insert(row, scope, added)
        return
    if not isinstance(statement, Update | Delete):
        raise Unguardable("only SELECT, INSERT, UPDATE and DELETE of rows pass the guard")
    row = _reach(_entity(statement))
    if not row.may_change(scope):
        raise OutOfScope(f"a {scope.kind} scope can't change {row.__name__}")
    _refuse_prefixes(statement)
    if isinstance(statement, Update):
        rows = _rows(state.parameters)
        if len(rows) > 1 and not _is_core_write(state):
            raise Unguardable("bulk updates by primary key carry no predicate: use Transaction.update_each")
        values: Mapping[Any, Any] = statement._values or {}  # noqa: SLF001  # no public accessor exists
        _refuse_move(row, {*rows[0], *map(_name, values)} & row.owner_columns())


def _is_core_write(state: ORMExecuteState) -> bool:
    strategy = state.execution_options.get("dml_strategy")
    return (state.is_update or state.is_delete) and strategy == "core_only"


def _is_own_upsert(state: ORMExecuteState) -> bool:
    """Tell the two upserts that the dialects build, whose every column is theirs."""
    options = state.execution_options
    return state.is_insert and bool(options.get(KEEPS_EXISTING) or options.get(SAVES))


def _rows(parameters: Any) -> list[dict[str, Any]]:
    """Return the parameter sets of an execution: one, perhaps empty, or those of an executemany."""
    return parameters if isinstance(parameters, list) else [parameters or {}]


def _inserted(statement: Insert, state: ORMExecuteState) -> Iterable[Mapping[str, Any]]:
    """Return the values of each row an INSERT adds: its own, and its parameters'."""
    if statement.select is not None:
        raise Unguardable("INSERT … SELECT can't be checked row by row")
    if statement._multi_values:  # noqa: SLF001
        raise Unguardable("insert(Row).values([…]) is eight times slower than a list of parameters, and unchecked")
    if statement._post_values_clause is not None and not _is_own_upsert(state):  # noqa: SLF001
        raise Unguardable("an upsert may change somebody else's row: use the dialect's insert_if_absent")
    _refuse_prefixes(statement)
    values: Mapping[Any, Any] = statement._values or {}  # noqa: SLF001
    fixed = {_name(column): getattr(value, "value", value) for column, value in values.items()}
    return [{**fixed, **row} for row in _rows(state.parameters)] if fixed else _rows(state.parameters)


def _refuse_prefixes(statement: Insert | Update | Delete) -> None:
    if statement._prefixes:  # noqa: SLF001
        raise Unguardable("OR REPLACE, IGNORE and the like may remove somebody else's row unseen")


def _check_insert(row: type[Reach], scope: Scope, values: Mapping[str, Any]) -> None:
    if not row.may_insert(scope, values):
        raise OutOfScope(f"a {scope.kind} scope can't add this {row.__name__}: it belongs to somebody else")


def _refuse_move(row: type[Reach], columns: set[str]) -> None:
    if columns:
        raise Unguardable(f"{row.__name__} never changes its owner: {', '.join(sorted(columns))}")


_touched: WeakKeyDictionary[Executable, tuple[type[Reach], ...]] = WeakKeyDictionary()


def rows_touched(statement: Executable) -> tuple[type[Reach], ...]:
    """Return the row classes a statement names anywhere in it.

    Raises ``Unguardable`` for parts that would escape the predicates: raw SQL text, columns
    of Core tables, row classes without a reach. Remembered per statement object, so that
    statements built once at import are read once.
    """
    known = _touched.get(statement)
    if known is None:
        known = _touched[statement] = tuple(_walk(statement))
    return known


def _walk(statement: Executable) -> Iterable[type[Reach]]:
    mapped: dict[type[Reach], None] = {}
    named: set[FromClause] = set()
    bare: set[FromClause] = set()
    for element in visitors.iterate(statement):  # type: ignore[arg-type]
        if isinstance(element, TextClause):
            raise Unguardable("text() can't be narrowed to a scope")
        source = element.table if isinstance(element, Column) else element
        if not _is_table(source):
            continue
        if _note(element, mapped):
            named |= {source, getattr(source, "element", source)}
        elif isinstance(element, Column):
            raise Unguardable(f"{element} is a Core column: select from the row class")
        else:
            bare.add(source)
    # A mapped column brings its table along, without a mark of its own; other tables came unmapped.
    if not mapped or bare - named:
        raise Unguardable("a statement names a Core table: select from the row class")
    return mapped


def _is_table(source: object) -> TypeGuard[FromClause]:
    """Tell a table, or an alias of one, from what is made of statements that are walked themselves."""
    return isinstance(source, Table) or (isinstance(source, Alias) and isinstance(source.element, Table))


def _note(element: Any, mapped: dict[type[Reach], None]) -> bool:
    """Record the row class an element belongs to; False if it belongs to none."""
    entity = element._annotations.get("parententity")  # noqa: SLF001  # how the ORM itself asks
    if entity is None:
        return False
    mapped[_reach(entity.mapper.class_)] = None
    return True


def _reach(row: type[Any]) -> type[Reach]:
    if not issubclass(row, Reach):
        raise Unguardable(f"{row.__name__} does not say who may reach it")
    return row


def _entity(statement: Insert | Update | Delete) -> type[Any]:
    entity = statement.table._annotations.get("parententity")  # noqa: SLF001
    if not isinstance(entity, Mapper):
        raise Unguardable("a statement writes a Core table: write the row class")
    return entity.class_


def _name(column: object) -> str:
    return column if isinstance(column, str) else str(getattr(column, "key", column))


def _is_changed(thing: object, name: str) -> bool:
    return bool(inspect(thing).attrs[name].history.has_changes())


def _criterion(row: type[Reach], scope: Scope, known: dict[type[Reach], Any]) -> Any:  # an option
    if row not in known:
        predicate = row.visible(scope)
        known[row] = None if predicate is None else with_loader_criteria(row, predicate, include_aliases=True)
    return known[row]

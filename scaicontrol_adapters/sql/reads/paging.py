"""Paging over any SELECT: keyset cursors, and numbered pages for people."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen
from sqlalchemy import and_, func, or_, select

from scaicontrol_core.kernel.paging import Page, PageRequest, Position, Sorting, Walk, not_a_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from scaicontrol_adapters.sql.transaction import Transaction

T = TypeVar("T")


@frozen
class Key:
    """One column of a sort order, and how its values travel in a cursor. It is never NULL."""

    column: Any
    parse: Callable[[str], Any] = str


def instant(text: str) -> datetime:
    """Read an instant of a cursor."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(text)
    return read


def number(text: str) -> int:
    """Read a number of a cursor: one that fits a column."""
    read = int(text)
    if abs(read) >= 1 << 63:
        raise ValueError(text)
    return read


@frozen
class Orders:
    """By which columns each of a list's sorts orders its rows, the last one unique."""

    sorting: Sorting
    keys: Mapping[str, tuple[Key, ...]]

    def __attrs_post_init__(self) -> None:
        """Require columns for each sort, and no more."""
        if self.keys.keys() != set(self.sorting.by):
            raise ValueError(f"{self.sorting.name} is sorted by {self.sorting.by}, not by {tuple(self.keys)}")

    def of(self, request: PageRequest, criteria: object) -> Order:
        """Return the order that a request names; ``Invalid`` for an unknown one."""
        walk = self.sorting.walk(request, criteria)
        return Order(walk, self.keys[walk.sort])


@frozen
class Order:
    """A sort order: its keys, and the walk whose cursors go on in it."""

    walk: Walk
    keys: tuple[Key, ...]

    @property
    def columns(self) -> list[Any]:
        """The columns of the keys."""
        return [key.column for key in self.keys]

    def clauses(self) -> list[Any]:
        """Return the ORDER BY list."""
        return [column.desc() if self.walk.descending else column.asc() for column in self.columns]

    def after(self, position: Position) -> ColumnElement[bool]:
        """Return the predicate of the rows behind a position; raises ``Invalid`` (``cursor_invalid``)."""
        try:
            values = [key.parse(text) for key, text in zip(self.keys, position.keys, strict=True)]
        except ValueError:
            raise not_a_cursor() from None
        # Spelled out, since MariaDB reads a whole index for (a, b) > (x, y); and the first key is
        # bounded by itself, since SQLite begins at the index's start for a mere OR.
        alternatives = []
        for index, key in enumerate(self.keys):
            equal = [other.column == value for other, value in zip(self.keys[:index], values[:index], strict=True)]
            alternatives.append(and_(*equal, self._beyond(key, values[index])))
        first = self.keys[0].column
        bound = first <= values[0] if self.walk.descending else first >= values[0]
        return and_(bound, or_(*alternatives))

    def _beyond(self, key: Key, value: object) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = key.column < value if self.walk.descending else key.column > value
        return beyond

    def position(self, values: Sequence[Any], total: int) -> Position:
        """Return where a row stands."""
        return Position(tuple(_text(value) for value in values), total)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


async def page_of(
    transaction: Transaction,
    columns: Select[Any],
    predicates: Sequence[ColumnElement[bool]],
    order: Order,
    request: PageRequest,
    restore: Callable[[Any], T],
    *,
    total: Select[Any],
) -> Page[T]:
    """Return the wanted part of a list. ``columns`` selects what ``restore`` reads; ``total`` counts the same rows.

    A walk counts once, when it begins: behind a cursor, counting would cost more than the part itself.
    """
    position = None if request.cursor is None else order.walk.position(request.cursor)
    wanted = _part(columns, predicates, order, request, position)
    rows = (await transaction.execute(wanted)).all()
    counted = position.total if position else (await transaction.execute(total.where(*predicates))).scalar_one()
    shown, width = rows[: request.limit], len(order.keys)
    more = len(rows) > request.limit
    following = order.walk.cursor(order.position(shown[-1][-width:], counted)) if more else None
    return Page(tuple(restore(row[:-width]) for row in shown), counted, following)


def _part(
    columns: Select[Any],
    predicates: Sequence[ColumnElement[bool]],
    order: Order,
    request: PageRequest,
    position: Position | None,
) -> Select[Any]:
    """Select one row more than is wanted, with its keys behind its columns."""
    keys, atmost = order.columns, request.limit + 1
    if position is not None:
        predicates = [*predicates, order.after(position)]
    if position is None and not request.offset:
        return columns.add_columns(*keys).where(*predicates).order_by(*order.clauses()).limit(atmost)
    # What is skipped is skipped within the index: whole rows are read of the page alone. Behind a cursor,
    # MariaDB begins where the cursor stands only if that is cheaper than all rows, as it is for keys alone.
    skipping = columns.with_only_columns(*keys).where(*predicates).order_by(*order.clauses())
    page = skipping.limit(atmost).offset(request.offset).subquery("page")
    same = [column == page.c[column.key] for column in keys]
    return columns.add_columns(*keys).join(page, and_(*same)).order_by(*order.clauses())


def count_of(row: type[Any]) -> Select[Any]:
    """Count the rows of a class."""
    return select(func.count()).select_from(row)


def contains(column: Any, text: str) -> ColumnElement[bool]:  # any text column
    """Find a text anywhere in a column kept case-folded; ``%`` and ``_`` are plain letters."""
    found: ColumnElement[bool] = column.contains(text.casefold(), autoescape=True)
    return found


def equals(row: type[Any], criteria: object, names: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the predicates of a filter's fields that a column of the same name must equal; None does not narrow."""
    given = {name: getattr(criteria, name) for name in names}
    return [getattr(row, name) == value for name, value in given.items() if value is not None]


def between(column: Any, since: object, until: object) -> list[ColumnElement[bool]]:
    """Return the predicates of a span of instants: from ``since`` on, and before ``until``."""
    found = [] if since is None else [column >= since]
    return found if until is None else [*found, column < until]


def days(column: Any, first: object, last: object) -> list[ColumnElement[bool]]:
    """Return the predicates of a span of days, both included."""
    found = [] if first is None else [column >= first]
    return found if last is None else [*found, column <= last]

"""Paging over any SELECT: keyset cursors, and numbered pages for people."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen
from sqlalchemy import and_, func, or_, select

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.paging import Page, decode_cursor, encode_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.paging import PageRequest

T = TypeVar("T")


@frozen
class Key:
    """One column of a sort order, and how its values travel in a cursor. It is never NULL."""

    column: Any
    parse: Callable[[str], Any] = str


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@frozen
class Order:
    """A sort order: its keys, the last one unique. ``descending`` turns all of them around."""

    keys: tuple[Key, ...]
    descending: bool = False

    def reversed(self) -> Order:
        """Return the opposite order."""
        return Order(self.keys, not self.descending)

    def clauses(self) -> list[Any]:
        """Return the ORDER BY list."""
        return [key.column.desc() if self.descending else key.column.asc() for key in self.keys]

    def after(self, cursor: str) -> ColumnElement[bool]:
        """Return the predicate of the rows behind a cursor; raises ``Invalid`` (``cursor_invalid``)."""
        texts = decode_cursor(cursor, len(self.keys))
        try:
            values = [key.parse(text) for key, text in zip(self.keys, texts, strict=True)]
        except ValueError:
            raise Invalid.field("/cursor", "This is not a cursor of this list.", code="cursor_invalid") from None
        # Spelled out, since MariaDB reads a whole index for (a, b) > (x, y); and the first key is
        # bounded by itself, since SQLite begins at the index's start for a mere OR.
        alternatives = []
        for index, key in enumerate(self.keys):
            equal = [other.column == value for other, value in zip(self.keys[:index], values[:index], strict=True)]
            alternatives.append(and_(*equal, self._beyond(key, values[index])))
        first = self.keys[0].column
        bound = first <= values[0] if self.descending else first >= values[0]
        return and_(bound, or_(*alternatives))

    def _beyond(self, key: Key, value: object) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = key.column < value if self.descending else key.column > value
        return beyond


def choose(orders: Mapping[str, Order], default: Order, sort: str | None) -> Order:
    """Return the order that a request names (``-`` before it turns it around); ``Invalid`` for an unknown one."""
    if sort is None:
        return default
    order = orders.get(sort.removeprefix("-"))
    if order is None:
        known = ", ".join(sorted(orders))
        raise Invalid.field("/sort", f"{sort!r} is not one of {known}.", code="sort_unknown")
    return order.reversed() if sort.startswith("-") else order


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
    """Return the wanted part of a list. ``columns`` selects what ``restore`` reads; ``total`` counts the same rows."""
    keys = [key.column for key in order.keys]
    wanted = columns.add_columns(*keys).where(*predicates).order_by(*order.clauses()).limit(request.limit + 1)
    if request.cursor is not None:
        wanted = wanted.where(order.after(request.cursor))
    elif request.offset:
        wanted = wanted.offset(request.offset)
    rows = (await transaction.execute(wanted)).all()
    counted = (await transaction.execute(total.where(*predicates))).scalar_one()
    shown, width = rows[: request.limit], len(keys)
    more = len(rows) > request.limit
    return Page(
        items=tuple(restore(row[:-width]) for row in shown),
        total=counted,
        next_cursor=encode_cursor(*(_text(value) for value in shown[-1][-width:])) if more else None,
    )


def count_of(row: type[Any]) -> Select[Any]:
    """Count the rows of a class."""
    return select(func.count()).select_from(row)


def contains(column: Any, text: str) -> ColumnElement[bool]:  # any text column
    """Find a text anywhere in a column kept case-folded; ``%`` and ``_`` are plain letters."""
    found: ColumnElement[bool] = column.contains(text.casefold(), autoescape=True)
    return found

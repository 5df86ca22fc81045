"""INSERTs for thousands of rows: checked by the guard, written out once, handed to the driver as tuples.

SQLAlchemy spends as long on the parameters of an executemany as the driver on sending them.
What it knows is used all the same: names and their quotes, and what a type makes of a value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Dialect, Table

_MARKS = {"format": "%s", "qmark": "?"}


@frozen
class InsertStatement:
    """An INSERT with a mark for each column, and what its type makes of a value for the driver, if anything."""

    text: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def written(self, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Return the rows as the driver takes them; raises ``KeyError`` for a column that a row does not give."""
        columns = self.columns
        return [tuple([row[name] if write is None else write(row[name]) for name, write in columns]) for row in rows]


#: Tables times the few engines of a server.
_REMEMBERED = 256


@lru_cache(maxsize=_REMEMBERED)
def insert_statement(table: Table, names: tuple[str, ...], dialect: Dialect) -> InsertStatement:
    """Write the INSERT of rows that give these columns."""
    columns = [table.c[name] for name in names]
    quoted = dialect.identifier_preparer
    marks = ", ".join([_MARKS[dialect.paramstyle]] * len(columns))
    into = ", ".join(quoted.format_column(column) for column in columns)
    return InsertStatement(
        text=f"INSERT INTO {quoted.format_table(table)} ({into}) VALUES ({marks})",  # noqa: S608
        columns=tuple((column.key, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns),
    )

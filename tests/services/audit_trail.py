"""What every commit changed, row by row, beside what it wrote into the audit log.

Triggers of SQLite note each change of a row in a table of their own, within the transaction;
just before the commit both are read, and compared by those who care. So nothing can change
unseen, whatever code wrote it and by whatever path.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Engine, Table, event

from scaicontrol_adapters.sql.rows import Row

_TRAIL = "CREATE TABLE trail (step INTEGER PRIMARY KEY, kind TEXT, name TEXT, ids TEXT, field TEXT, old, new)"
_LOG = "audit_log"
#: A compound SELECT of SQLite's has at most 500 parts; no table of ours has that many columns.


@frozen
class Change:
    """A row that was added or removed, or one column of one that was changed; ``ids`` is whose row it may be."""

    kind: str
    table: str
    ids: frozenset[str]
    column: str
    before: Any
    after: Any


@frozen
class Commit:
    """One transaction: what it changed, and what the log says of it."""

    changes: tuple[Change, ...]
    entries: tuple[dict[str, Any], ...]


@contextmanager
def following(path: str) -> Iterator[list[Commit]]:
    """Follow every commit on an SQLite file, by whatever engine, while the context lasts."""
    lay(path)
    commits: list[Commit] = []

    def read(connection: Connection) -> None:
        if connection.engine.url.database == path:
            commits.extend(_commit(connection))

    event.listen(Engine, "commit", read)
    try:
        yield commits
    finally:
        event.remove(Engine, "commit", read)


def followed(template: Path, folder: Path) -> Path:
    """Return a copy of a database file, in a folder, whose own copies can be followed at once."""
    copied = folder / "followed.db"
    shutil.copy(template, copied)
    lay(str(copied))
    return copied


def _commit(connection: Connection) -> Iterator[Commit]:
    cursor = connection.connection.cursor()
    cursor.execute("SELECT kind, name, ids, field, old, new FROM trail ORDER BY step")
    noted = cursor.fetchall()
    if not noted:
        return
    told = [json.loads(ids)[0] for kind, name, ids, *_ in noted if name == _LOG]
    entries = []
    for key in told:
        cursor.execute(f"SELECT * FROM {_LOG} WHERE id = ?", (key,))  # noqa: S608  # our own table
        names = [column[0] for column in cursor.description]
        (row,) = cursor.fetchall()
        entries.append(dict(zip(names, row, strict=True)))
    cursor.execute("DELETE FROM trail")
    changes = tuple(
        Change(kind, name, frozenset(str(each) for each in json.loads(ids) if each is not None), field, old, new)
        for kind, name, ids, field, old, new in noted
        if name != _LOG
    )
    yield Commit(changes, tuple(entries))


def lay(path: str) -> None:
    """Make the table and the triggers, unless they are there: as in a copy of a file that has them."""
    with sqlite3.connect(path) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'trail'").fetchall():
            connection.execute(_TRAIL)
            for table in Row.metadata.sorted_tables:
                for statement in _triggers(table):
                    connection.execute(statement)
    connection.close()


def _triggers(table: Table) -> Iterator[str]:
    if table.name == _LOG:
        yield _trigger(table, "INSERT", f"VALUES ('added', '{_LOG}', json_array(NEW.id), '', NULL, NULL)")
        return
    for verb, kind, side in (("INSERT", "added", "NEW"), ("DELETE", "removed", "OLD")):
        yield _trigger(table, verb, f"VALUES ('{kind}', '{table.name}', {_ids(table, side)}, '', NULL, NULL)")
    differing = " UNION ALL ".join(
        f"SELECT 'changed', '{table.name}', {_ids(table, 'NEW')}, '{name}', OLD.\"{name}\", NEW.\"{name}\""
        f' WHERE OLD."{name}" IS NOT NEW."{name}"'
        for name in table.columns.keys()  # noqa: SIM118  # a collection of columns, no dict
    )
    yield _trigger(table, "UPDATE", differing)


def _trigger(table: Table, verb: str, values: str) -> str:
    return (
        f"CREATE TRIGGER trail_{table.name}_{verb} AFTER {verb} ON {table.name} BEGIN"
        f" INSERT INTO trail (kind, name, ids, field, old, new) {values}; END"
    )


def _ids(table: Table, side: str) -> str:
    names = [
        column.name
        for column in table.columns
        if column.name == "id" or column.name.endswith("_id") or column.primary_key
    ]
    return f"json_array({', '.join(f'{side}.{name}' for name in names)})"

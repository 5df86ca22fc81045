"""SQLite, the embedded default: one writer at a time, readers beside it (WAL)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen
from sqlalchemy import and_, event
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.pool import AsyncAdaptedQueuePool

from scaicontrol_adapters.sql.dialects import Fault, FaultKind
from scaicontrol_adapters.sql.dialects.inline import connect_inline

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import URL, Connection, Engine, Executable

#: How long SQLite itself waits for another process that holds the write lock.
BUSY_SECONDS = 15
#: How long a use case waits for the one writing connection of this process.
_WRITER_WAIT_SECONDS = 60
_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}
_PREFIX = "UNIQUE constraint failed: "
_PRIMARY_CODE = 0xFF
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNAVAILABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


@frozen
class Sqlite:
    """SQLite 3.35 or later over aiosqlite; ``alone``: nothing else goes on in this process while a statement runs."""

    name: str = "sqlite"
    alone: bool = False

    def writer_options(self, url: URL, pool_size: int) -> dict[str, Any]:
        """One connection writes: waiting is fair in the pool, and unfair at the file's lock."""
        del pool_size
        if not in_memory(url):
            Path(str(url.database)).resolve().parent.mkdir(parents=True, exist_ok=True)
        return {
            "poolclass": AsyncAdaptedQueuePool,
            "pool_size": 1,
            "max_overflow": 0,
            "pool_timeout": _WRITER_WAIT_SECONDS,
            "connect_args": self._connect_args(),
        }

    def reader_options(self, url: URL, pool_size: int) -> dict[str, Any] | None:
        """Readers have connections of their own; a database in memory has but one for all."""
        if in_memory(url):
            return None
        return {
            "poolclass": AsyncAdaptedQueuePool,
            "pool_size": pool_size,
            "max_overflow": 0,
            "connect_args": self._connect_args(),
        }

    def _connect_args(self) -> dict[str, Any]:
        return {"timeout": BUSY_SECONDS} | ({"async_creator_fn": connect_inline} if self.alone else {})

    def install(self, engine: Engine, *, read_only: bool) -> None:
        """Begin transactions ourselves: writers take the lock at once, readers none.

        A writer that began by reading would fail at its first write with "database is
        locked", without waiting, whenever another one had written meanwhile.

        ``recursive_triggers``: without it the rows that an OR REPLACE removes go unseen by the
        triggers that keep numbered invoices and the ledger.
        """
        begin = "BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE"
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"]
        if read_only:
            pragmas.append("query_only=ON")

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:  # the driver's adapter
            connection.isolation_level = None  # the driver must not send BEGIN of its own
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    def diagnose(self, error: BaseException) -> Fault:
        """Read SQLite's extended result code."""
        code = getattr(error, "sqlite_errorcode", 0)
        message = str(error)
        if code & _PRIMARY_CODE in _BUSY:
            return Fault(FaultKind.RETRY)
        if code in _UNIQUE:
            return Fault(FaultKind.UNIQUE, message.removeprefix(_PREFIX))
        if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            return Fault(FaultKind.FOREIGN_KEY)
        if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            return Fault(FaultKind.REFUSED, message)
        if code & _PRIMARY_CODE in _UNAVAILABLE:
            return Fault(FaultKind.UNAVAILABLE)
        return Fault(FaultKind.OTHER)

    def insert_if_absent(self, row: type[Any], *key: str) -> Executable:
        """Build an INSERT that leaves an existing row of that key as it is."""
        statement = sqlite_insert(row).on_conflict_do_nothing(index_elements=list(key))
        return statement.execution_options(keeps_existing=True)

    def save_many(self, row: type[Any], changing: Sequence[str], owners: Collection[str]) -> Executable | None:
        """Nothing better than single updates: there is no network between."""
        del row, changing, owners
        return None

    @property
    def adds_up(self) -> bool:
        """It has no exact decimals; nobody else writes meanwhile."""
        return False

    def add_up(self, row: type[Any], key: Sequence[str]) -> Executable:
        """Build an INSERT that replaces where it meets a row."""
        statement = sqlite_insert(row)
        new, owners = statement.excluded, row.owner_columns()
        replaced = {each.key: new[each.key] for each in row.__table__.columns if each.key not in {*key, *owners}}
        is_theirs = and_(*(getattr(row, name) == new[name] for name in sorted(owners)))
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=replaced, where=is_theirs)
        return statement.execution_options(saves=True)


def in_memory(url: URL) -> bool:
    """Tell whether the database lives in memory only."""
    return url.database in (None, "", ":memory:")

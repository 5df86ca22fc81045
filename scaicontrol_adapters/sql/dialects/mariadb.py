"""MariaDB, single or Galera: sessions, error numbers, insert-if-absent.

Error numbers are MariaDB's own; see https://mariadb.com/kb/en/mariadb-error-code-reference/
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any

from attrs import frozen
from sqlalchemy import and_, event, func, literal_column, or_
from sqlalchemy.dialects.mysql import insert as mysql_insert

from scaicontrol_adapters.sql.dialects import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import URL, Engine, Executable

#: Deadlock or Galera certification failure, lock wait, and 11.8's snapshot conflict: each may
#: come from any statement, COMMIT included.
_RETRY = {1213, 1205, 1020}
#: A node that left its cluster; another node, or this one later, will do.
_NOT_PREPARED = 1047
_LOST = {1053, 1927, 2006, 2013, 2014, 2045, 2055, 4031}
_UNIQUE = {1062, 1586}
_FOREIGN_KEY = {1216, 1217, 1451, 1452}
_SIGNAL = 1644
#: No connection to be had, server read-only, disk full.
_UNAVAILABLE = {1021, 1040, 1114, 1203, 1226, 1290, 1836, 2002, 2003, 2005}
#: Written out: the driver joins many VALUES lists into one only where nothing else is a parameter.
_ONE: Any = literal_column("1")
_KEY_NAME = re.compile(r"for key '(?:[^'.]+\.)?([^']+)'")
_CONSTRAINT_NAME = re.compile(r"CONSTRAINT `([^`]+)`")

#: Seconds a statement waits for a row lock before the use case is run again. The server's
#: default of 50 would hold a request longer than its caller waits.
LOCK_WAIT_SECONDS = 10
_SESSION = (
    "SET time_zone='+00:00', "
    "sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', "
    "tx_isolation='READ-COMMITTED', "
    f"innodb_lock_wait_timeout={LOCK_WAIT_SECONDS}, lock_wait_timeout=60"
)
#: Below the server's wait_timeout of any sane configuration, so that idle connections are
#: replaced before the server drops them.
_RECYCLE_SECONDS = 1800
#: A server whose machine lost power says no word. The system would wait for its answer for two hours, and a quarter of
#: an hour to get a question across: let it ask after half a minute whether anybody is there, and give up after one.
_SILENCE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}


@frozen
class MariaDb:
    """MariaDB 10.11 or later over aiomysql."""

    name: str = "mariadb"

    def writer_options(self, url: URL, pool_size: int) -> dict[str, Any]:
        """Give every session UTC, strict mode, READ COMMITTED and a short lock wait."""
        del url
        return {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_recycle": _RECYCLE_SECONDS,
            "connect_args": {"charset": "utf8mb4", "init_command": _SESSION, "connect_timeout": 10},
        }

    def reader_options(self, url: URL, pool_size: int) -> dict[str, Any]:
        """Let readers have connections of their own, without transactions.

        At READ COMMITTED each statement sees what is committed when it begins, in a transaction or
        not: what is left out is the ROLLBACK, a round trip or two of every read.
        """
        own = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
        return self.writer_options(url, pool_size) | own

    def install(self, engine: Engine, *, read_only: bool) -> None:
        """Notice a server that vanished; on a node of a cluster, let reads wait for what others have committed by then.

        Without that, what a client has just made through one node is not found through the next.
        """

        @event.listens_for(engine, "connect")
        def on_connect(connection: Any, _record: object) -> None:
            _notice_silence(connection.driver_connection)
            cursor = connection.cursor()
            cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
            if (cursor.fetchone() or ("", "OFF"))[1] == "ON":
                cursor.execute("SET SESSION wsrep_sync_wait = 1")
            cursor.close()

    def diagnose(self, error: BaseException) -> Fault:
        """Read the driver's error number and, for a key, its name."""
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        message = str(error.args[1]) if len(error.args) > 1 else str(error)
        if number in _RETRY:
            return Fault(FaultKind.RETRY)
        if number == _NOT_PREPARED:
            return Fault(FaultKind.APART)
        if number in _LOST:
            return Fault(FaultKind.LOST)
        if number in _UNIQUE:
            return Fault(FaultKind.UNIQUE, _first(_KEY_NAME, message))
        if number in _FOREIGN_KEY:
            return Fault(FaultKind.FOREIGN_KEY, _first(_CONSTRAINT_NAME, message))
        if number == _SIGNAL:
            return Fault(FaultKind.REFUSED, message)
        if number in _UNAVAILABLE:
            return Fault(FaultKind.UNAVAILABLE)
        return Fault(FaultKind.OTHER)

    def insert_if_absent(self, row: type[Any], *key: str) -> Executable:
        """Build an INSERT that leaves an existing row of that key as it is, and locks it."""
        statement = mysql_insert(row).on_duplicate_key_update({key[0]: getattr(row, key[0])})
        return statement.execution_options(keeps_existing=True)

    def save_many(self, row: type[Any], changing: Sequence[str], owners: Collection[str]) -> Executable | None:
        """Write an INSERT that always meets its row, and changes it only at the version before.

        One round trip for hundreds of rows, where UPDATE takes one for each. MariaDB counts 2
        for a row that it changed and 1 for one that it left alone or, were it gone, inserted.
        The version comes last: assignments are made from left to right.
        """
        statement = mysql_insert(row)
        given = statement.inserted
        expected = and_(row.version == given.version - _ONE, *(getattr(row, name) == given[name] for name in owners))
        assignments = [(name, func.if_(expected, given[name], getattr(row, name))) for name in (*changing, "version")]
        return statement.on_duplicate_key_update(assignments).execution_options(saves=True)

    @property
    def adds_up(self) -> bool:
        """It has exact decimals."""
        return True

    def add_up(self, row: type[Any], key: Sequence[str]) -> Executable:
        """Write an INSERT that adds where it meets a row; assignments are made from left to right."""
        del key
        statement = mysql_insert(row)
        new = statement.inserted
        is_later = or_(new.last_at > row.last_at, and_(new.last_at == row.last_at, new.last_key > row.last_key))
        added = [
            # Spelt out: to SQLAlchemy these are texts, which + would join.
            ("quantity_sum", row.quantity_sum.op("+")(new.quantity_sum)),
            ("event_count", row.event_count + new.event_count),
            ("quantity_max", func.greatest(row.quantity_max, new.quantity_max)),
            ("last_value", func.if_(is_later, new.last_value, row.last_value)),
            ("last_key", func.if_(is_later, new.last_key, row.last_key)),
            ("last_at", func.greatest(row.last_at, new.last_at)),
        ]
        return statement.on_duplicate_key_update(_of_owners(row, new, added)).execution_options(saves=True)


def _notice_silence(connection: Any) -> None:
    """Let a connection break within a minute if nobody is at its other end; the driver has switched probes on."""
    line = connection._writer.get_extra_info("socket")  # noqa: SLF001  # the driver has no other way to it
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for name, value in _SILENCE.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _of_owners(row: type[Any], new: Any, values: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Change what belongs to the owners that the INSERT names, nothing else."""
    is_theirs = and_(*(getattr(row, name) == new[name] for name in sorted(row.owner_columns())))
    return [(name, func.if_(is_theirs, value, getattr(row, name))) for name, value in values]


def _first(pattern: re.Pattern[str], message: str) -> str:
    found = pattern.search(message)
    return found.group(1) if found else ""

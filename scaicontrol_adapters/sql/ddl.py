"""What migrations share. Migrations that have landed depend on it: add here, never change.

Triggers let the database itself keep what the law says must be kept, whoever writes and by
whatever path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import Operations

#: Binary comparison without padding: keys differ on MariaDB exactly where they differ in
#: Python and on SQLite (case, accents, trailing blanks), and so does every sort order.
MARIADB_TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
}


def is_mariadb(op: Operations) -> bool:
    """Tell whether the migration runs on MariaDB."""
    return op.get_bind().dialect.name in ("mysql", "mariadb")


def refuse_when(op: Operations, name: str, table: str, event: str, condition: str, code: str) -> None:
    """Make a trigger that refuses an event (``UPDATE``, ``DELETE``, ``INSERT``) with a code.

    ``condition`` is SQL over OLD and NEW that both databases understand; ``<=>`` stands for
    comparison that knows NULL and is written ``IS`` for SQLite.
    """
    if is_mariadb(op):
        body = f"IF {condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{code}'; END IF"
        op.execute(text(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {_plain(body)}"))
    else:
        when = condition.replace("<=>", "IS")
        op.execute(
            text(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {_plain(when)} "
                f"BEGIN SELECT RAISE(ABORT, '{code}'); END"
            )
        )


def drop_triggers(op: Operations, names: Iterable[str]) -> None:
    """Drop triggers by name."""
    for name in names:
        op.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def partition_by_month(op: Operations, table: str, column: str, *, first: tuple[int, int], months: int) -> None:
    """Cut a table into monthly partitions on MariaDB, with one for everything later; SQLite has none.

    The column must be part of every unique key of the table (MariaDB, error 1503).
    """
    if not is_mariadb(op):
        return
    year, month = first
    parts = []
    for count in range(months):
        begins, ends = _month(year, month + count), _month(year, month + count + 1)
        parts.append(f"PARTITION p{begins.replace('-', '')[:6]} VALUES LESS THAN ('{ends}')")
    parts.append("PARTITION p_later VALUES LESS THAN (MAXVALUE)")
    op.execute(text(f"ALTER TABLE {table} PARTITION BY RANGE COLUMNS ({column}) ({', '.join(parts)})"))


def _month(year: int, month: int) -> str:
    years, month0 = divmod(month - 1, 12)
    return f"{year + years}-{month0 + 1:02d}-01"


def append_only(op: Operations, table: str) -> None:
    """Refuse every UPDATE and DELETE of a table."""
    for event in ("UPDATE", "DELETE"):
        refuse_when(op, f"{table}_no_{event.lower()}", table, event, "1 = 1", f"{table}_append_only")


def _plain(sql: str) -> str:
    return sql.replace(":", r"\:")

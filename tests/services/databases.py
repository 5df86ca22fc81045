"""Databases on the test server: a fresh one, a migrated one, an emptied one."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping

import pymysql
from pymysql.cursors import Cursor

#: Alembic's own note of the schema's revision.
REVISIONS = "alembic_version"


def database_url(address: Mapping[str, str], name: str) -> str:
    """Return the address of a database as the settings want it."""
    host = f"{address['user']}:{address['password']}@{address['host']}:{address['port']}"
    return f"mysql+aiomysql://{host}/{name}"


@contextlib.contextmanager
def fresh_database(address: Mapping[str, str]) -> Iterator[str]:
    """Create an empty database; drop it at the end of the block."""
    name = f"sc_{secrets.token_hex(6)}"
    with _cursor(address) as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield name
    finally:
        with _cursor(address) as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def filled_tables(address: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the tables of a database that hold rows."""
    with _cursor(address) as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'",
            (name,),
        )
        tables = [row[0] for row in cursor.fetchall()]
        if not tables:
            return frozenset()
        looks = (f"(SELECT '{table}' FROM {name}.`{table}` LIMIT 1)" for table in tables)  # noqa: S608  # our own names
        cursor.execute(" UNION ALL ".join(looks))
        return frozenset(row[0] for row in cursor.fetchall())


def empty_tables(address: Mapping[str, str], name: str, keep: frozenset[str]) -> None:
    """Truncate what holds rows, save the tables to keep (the revision, and what the migrations filled themselves)."""
    filled = filled_tables(address, name) - keep - {REVISIONS}
    with _cursor(address) as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for table in sorted(filled):
            cursor.execute(f"TRUNCATE TABLE {name}.`{table}`")


@contextlib.contextmanager
def _cursor(address: Mapping[str, str]) -> Iterator[Cursor]:
    connection = pymysql.connect(
        host=address["host"],
        port=int(address["port"]),
        user=address["user"],
        password=address["password"],
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        yield cursor

"""The raw limit of small transactions: the rows of each written again, bare, into empty twins of their tables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiomysql
from sqlalchemy import make_url


async def rows_again(address: str, tables: Sequence[str], transactions: int, at_once: int) -> float:
    """Insert the newest rows of the tables once more, one of each a transaction; return transactions a second.

    The twins have the same columns and indexes, and no triggers.
    """
    url = make_url(address)
    connections = [
        await aiomysql.connect(
            host=url.host or "", port=url.port or 3306, user=url.username or "", password=url.password or "",
            db=url.database, autocommit=False, charset="utf8mb4",
        )
        for _ in range(at_once)
    ]  # fmt: skip
    first = await connections[0].cursor()
    rows = [await _twin(first, table, transactions) for table in tables]
    await connections[0].commit()
    statements = [
        f"INSERT INTO raw_{table} VALUES ({', '.join(['%s'] * len(found[0]))})"  # noqa: S608
        for table, found in zip(tables, rows, strict=True)
    ]
    left = iter(zip(*rows, strict=True))

    async def writer(connection: aiomysql.Connection) -> None:
        cursor = await connection.cursor()
        for together in left:
            for statement, row in zip(statements, together, strict=True):
                await cursor.execute(statement, row)
            await connection.commit()

    started = time.perf_counter()
    await asyncio.gather(*(writer(connection) for connection in connections))
    seconds = time.perf_counter() - started
    for table in tables:
        await first.execute(f"DROP TABLE raw_{table}")
    for connection in connections:
        connection.close()
    return transactions / seconds


async def _twin(cursor: Any, table: str, count: int) -> list[tuple[Any, ...]]:
    """Make the empty twin of a table, and return the rows to write."""
    await cursor.execute(f"CREATE TABLE raw_{table} LIKE {table}")
    key = "tenant_id" if table == "tenant_billing_profiles" else "id"
    await cursor.execute(f"SELECT * FROM {table} ORDER BY {key} DESC LIMIT %s", (count,))  # noqa: S608
    found = [tuple(row) for row in await cursor.fetchall()]
    assert len(found) == count
    return found

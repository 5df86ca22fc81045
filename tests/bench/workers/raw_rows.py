"""``python -m tests.bench.workers.raw_rows URL``: write again what a billing run wrote, bare.

Reads the rows of the run's tables and inserts them into empty twins of these tables (same
columns and indexes, no triggers) with plain executemany statements, 200 invoices a commit.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import aiomysql
from sqlalchemy import make_url

_TABLES = ("invoices", "invoice_lines", "billed_periods", "audit_log")
_PAGE = 200


async def main(address: str) -> None:
    """Copy, and print invoices a second."""
    url = make_url(address)
    connection = await aiomysql.connect(
        host=url.host or "", port=url.port or 3306, user=url.username or "", password=url.password or "",
        db=url.database, autocommit=False,
    )  # fmt: skip
    cursor = await connection.cursor()
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for table in _TABLES:
        await cursor.execute(f"CREATE TABLE raw_{table} LIKE {table}")
        await cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        rows[table] = [tuple(row) for row in await cursor.fetchall()]
    invoices = len(rows["invoices"])
    pages = max(1, invoices // _PAGE)
    started = time.perf_counter()
    for page in range(pages):
        for table in _TABLES:
            part = rows[table][page::pages]
            if part:
                places = ", ".join(["%s"] * len(part[0]))
                await cursor.executemany(f"INSERT INTO raw_{table} VALUES ({places})", part)  # noqa: S608
        await connection.commit()
    seconds = time.perf_counter() - started
    for table in _TABLES:
        await cursor.execute(f"DROP TABLE raw_{table}")
    connection.close()
    print(json.dumps({"invoices_per_second": invoices / seconds}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

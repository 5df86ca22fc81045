"""The raw limit of ingestion: the same rows into empty twins of the same tables, by multi-row INSERT alone.

``python -m tests.bench.workers.raw_usage URL PART PARTS BATCH COUNT``: prints ``ready``, waits for ``go``.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import aiomysql
from sqlalchemy import make_url

TABLES = ("usage_event_keys", "usage_events")
_MOST_ROWS = 5000


async def main(address: str, part: int, parts: int, batch: int, count: int) -> None:
    """Insert this worker's part of the rows, a commit each batch, or each 5,000 of a larger one."""
    url = make_url(address)
    connection = await aiomysql.connect(
        host=url.host or "", port=url.port or 3306, user=url.username or "", password=url.password or "",
        db=url.database, autocommit=False,
    )  # fmt: skip
    cursor = await connection.cursor()
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for table in TABLES:
        await cursor.execute(f"SELECT * FROM {table} ORDER BY idempotency_key LIMIT {count}")  # noqa: S608
        rows[table] = [tuple(row) for row in await cursor.fetchall()][part::parts]
    await connection.commit()
    print("ready", flush=True)
    sys.stdin.readline()
    size = min(batch, _MOST_ROWS)
    for first in range(0, len(rows[TABLES[0]]), size):
        for table in TABLES:
            some = rows[table][first : first + size]
            places = ", ".join(["%s"] * len(some[0]))
            await cursor.executemany(f"INSERT INTO raw_{table} VALUES ({places})", some)  # noqa: S608
        await connection.commit()
    connection.close()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *(int(each) for each in sys.argv[2:])))

"""The raw limit of numbering: lock one row, count it up, commit; nothing else.

``python -m tests.bench.workers.raw_lock URL WORKERS ROUNDS``: prints ``ready``, waits for a line
``go``, then lets so many connections take so many numbers between them, and prints ``done``.
"""

from __future__ import annotations

import asyncio
import sys

import aiomysql
from sqlalchemy import make_url


async def main(address: str, workers: int, rounds: int) -> None:
    """Take ``rounds`` numbers with ``workers`` connections."""
    url = make_url(address)
    connections = [
        await aiomysql.connect(
            host=url.host or "127.0.0.1",
            port=url.port or 3306,
            user=url.username or "root",
            password=url.password or "",
            db=url.database,
            autocommit=False,
        )
        for _ in range(workers)
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    left = iter(range(rounds))

    async def worker(connection: aiomysql.Connection) -> None:
        cursor = await connection.cursor()
        for _ in left:
            await cursor.execute("SELECT counter FROM raw_counter WHERE id = 1 FOR UPDATE")
            (counter,) = await cursor.fetchone()
            await cursor.execute("UPDATE raw_counter SET counter = %s WHERE id = 1", (counter + 1,))
            await connection.commit()

    await asyncio.gather(*(worker(connection) for connection in connections))
    for connection in connections:
        connection.close()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

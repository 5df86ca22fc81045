"""Finalizations a second by 16 concurrent writers on MariaDB, beside the bare row lock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiomysql
from sqlalchemy import make_url

from tests.bench import world
from tests.bench.measured import Measured
from tests.bench.processes import race, start

_DRAFTS = 2000
_PROCESSES = 2
_WORKERS = 8


async def test_finalizations_per_second_beside_the_bare_row_lock(
    migrated_mariadb_url: str, record: Callable[[Measured], None]
) -> None:
    here = await world.open_world(migrated_mariadb_url)
    tenants = await world.add_customers(here, 50)
    drafts = await world.add_drafts(here, tenants, _DRAFTS)
    await here.aclose()

    raw = await _raw_limit(migrated_mariadb_url)
    workers = [
        start("tests.bench.workers.finalize", migrated_mariadb_url, str(_WORKERS), feed=drafts[part::_PROCESSES])
        for part in range(_PROCESSES)
    ]
    seconds, done = await asyncio.to_thread(race, workers)
    assert sorted(done) == sorted(drafts)
    record(
        Measured(
            f"finalize, {_PROCESSES * _WORKERS} concurrent writers",
            _DRAFTS / seconds,
            "/s",
            "SELECT … FOR UPDATE + UPDATE + COMMIT, one row",
            raw,
            0.5,
        )
    )


async def _raw_limit(address: str) -> float:
    url = make_url(address)
    connection = await aiomysql.connect(
        host=url.host or "", port=url.port or 3306, user=url.username or "", password=url.password or "",
        db=url.database, autocommit=True,
    )  # fmt: skip
    cursor = await connection.cursor()
    await cursor.execute("CREATE TABLE raw_counter (id INT PRIMARY KEY, counter INT NOT NULL)")
    await cursor.execute("INSERT INTO raw_counter VALUES (1, 0)")
    rounds = _DRAFTS // _PROCESSES
    workers = [start("tests.bench.workers.raw_lock", address, str(_WORKERS), str(rounds)) for _ in range(_PROCESSES)]
    seconds, _ = await asyncio.to_thread(race, workers)
    await cursor.execute("SELECT counter FROM raw_counter")
    assert await cursor.fetchone() == (_PROCESSES * rounds,)
    await cursor.execute("DROP TABLE raw_counter")
    connection.close()
    return _PROCESSES * rounds / seconds

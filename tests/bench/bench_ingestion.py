"""Usage over HTTP to durable rows on MariaDB, in batches of 1, 100 and 10,000, beside multi-row INSERTs of the same."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import aiomysql
import pytest
from sqlalchemy import make_url

from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.kernel.ids import TenantId
from tests.bench import world
from tests.bench.measured import Measured
from tests.bench.processes import race, start
from tests.bench.workers.raw_usage import TABLES

_SERVERS = 2
_TENANTS = 200
#: Events of each batch size, and how many requests are under way at once.
_LOADS = {1: (1_000, 16), 100: (20_000, 8), 10_000: (100_000, 4)}


@pytest.mark.parametrize("batch", _LOADS)
async def test_events_per_second(
    migrated_mariadb_url: str, tmp_path: Path, record: Callable[[Measured], None], batch: int
) -> None:
    count, at_once = _LOADS[batch]
    here = await world.open_world(migrated_mariadb_url)
    tenants = await world.add_customers(here, _TENANTS)
    await world.add_subscriptions(here, tenants)
    bodies = _bodies(here, tenants, count, batch)
    await here.aclose()

    seconds = await _post(migrated_mariadb_url, tmp_path, bodies, at_once)
    raw = await _raw_limit(migrated_mariadb_url, batch, count)
    limit = f"multi-row INSERT of the same rows, {min(batch, 5000):,} a commit"
    aim = 0.5 if batch == max(_LOADS) else None
    record(Measured(f"usage over HTTP, batches of {batch:,}", count / seconds, "/s", limit, raw, aim))


def _bodies(here: world.World, tenants: Sequence[TenantId], count: int, batch: int) -> list[bytes]:
    now = here.clock.now()
    events = [
        {
            "idempotency_key": f"bench-{number:08d}",
            "tenant_id": tenants[number * 7919 % len(tenants)],
            "metric": "api_calls",
            "quantity": str(number % 60),
            "occurred_at": (now - timedelta(seconds=number % 7)).isoformat(),
        }
        for number in range(count)
    ]
    return [json.dumps(events[start : start + batch]).encode() for start in range(0, count, batch)]


async def _post(url: str, folder: Path, bodies: Sequence[bytes], at_once: int) -> float:
    """Post all bodies; return the seconds until the last was answered."""
    token = issue_service_token(Settings(data_dir=folder, database_url=url), "bench")
    ports = [_free_port() for _ in range(_SERVERS)]
    servers = [start("tests.bench.workers.usage_server", url, str(folder), str(port)) for port in ports]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for port in ports:
            await _send(session, port, b"[]")  # the first request reads keys and makes connections
        left = iter(enumerate(bodies))
        started = time.perf_counter()

        async def client() -> None:
            for number, body in left:
                answer = await _send(session, ports[number % _SERVERS], body)
                assert answer["rejected"] == answer["duplicates"] == 0, answer["events"][:3]

        await asyncio.gather(*(client() for _ in range(at_once)))
        seconds = time.perf_counter() - started
    for server in servers:
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.wait()
        server.answers.close()
    return seconds


async def _send(session: aiohttp.ClientSession, port: int, body: bytes) -> Any:
    async with session.post(f"http://127.0.0.1:{port}/api/v1/metering/events", data=io.BytesIO(body)) as answer:
        assert answer.status == 202, await answer.text()
        return json.loads(await answer.read())


async def _raw_limit(address: str, batch: int, count: int) -> float:
    url = make_url(address)
    connection = await aiomysql.connect(
        host=url.host or "", port=url.port or 3306, user=url.username or "", password=url.password or "",
        db=url.database, autocommit=True,
    )  # fmt: skip
    cursor = await connection.cursor()
    for table in TABLES:
        await cursor.execute(f"CREATE TABLE raw_{table} LIKE {table}")
    given = [str(each) for each in (_SERVERS, batch, count)]
    workers = [start("tests.bench.workers.raw_usage", address, str(part), *given) for part in range(_SERVERS)]
    seconds, _ = await asyncio.to_thread(race, workers)
    for table in TABLES:
        await cursor.execute(f"SELECT COUNT(*) FROM raw_{table}")  # noqa: S608
        assert await cursor.fetchone() == (count,)
        await cursor.execute(f"DROP TABLE raw_{table}")
    connection.close()
    return count / seconds


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

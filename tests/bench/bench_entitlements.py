"""Entitlements over HTTP: out of the cache, with an ETag, and out of the database; beside a route that does nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.kernel.ids import TenantId
from tests.bench import world
from tests.bench.measured import Measured
from tests.bench.processes import start

_TENANTS = 2_000
#: How many tenants are asked about again and again, requests, and how many are under way at once.
_WARM, _REQUESTS, _AT_ONCE = 50, 6_000, 16
_LIMIT = "a bare Litestar route, one process"


@pytest.mark.parametrize("cache", ["redis", "memory"])
async def test_answers_per_second(
    migrated_mariadb_url: str,
    redis_url: str,
    tmp_path: Path,
    record: Callable[[Measured], None],
    cache: str,
) -> None:
    tenants = await _customers(migrated_mariadb_url)
    settings = Settings(data_dir=tmp_path, database_url=migrated_mariadb_url)
    headers = {"Authorization": f"Bearer {issue_service_token(settings, 'bench')}"}
    redis = redis_url if cache == "redis" else ""
    with _serving("bare_server") as port:
        raw, _ = await _race(port, ["/nothing"] * _REQUESTS, {})
    with _serving("usage_server", migrated_mariadb_url, str(tmp_path), redis=redis) as port:
        paths = [f"/api/v1/entitlements/bench?tenant_id={each}" for each in tenants]
        await _race(port, paths[:1], headers)  # the first request reads keys and makes connections
        cold, _ = await _race(port, paths[_WARM:], headers)
        asked = [paths[number % _WARM] for number in range(_REQUESTS)]
        _, tags = await _race(port, paths[:_WARM], headers)
        warm, _ = await _race(port, asked, headers)
        same, _ = await _race(port, asked, headers, tags)
    record(Measured(f"entitlements, warm ({cache})", warm, "/s", _LIMIT, raw))
    record(Measured(f"entitlements, If-None-Match ({cache})", same, "/s", _LIMIT, raw))
    record(Measured(f"entitlements, cold ({cache})", cold, "/s", _LIMIT, raw))


async def _customers(url: str) -> Sequence[TenantId]:
    here = await world.open_world(url)
    tenants = await world.add_customers(here, _TENANTS)
    await world.add_subscriptions(here, tenants)
    await here.aclose()
    return tenants


async def _race(
    port: int, paths: Sequence[str], headers: dict[str, str], tags: dict[str, str] | None = None
) -> tuple[float, dict[str, str]]:
    """Ask for all paths; return how many a second, and the ETag of each. With ``tags`` all must be known."""
    found: dict[str, str] = {}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
        started = time.perf_counter()
        left = iter(paths)
        await asyncio.gather(*(_client(session, left, found, tags) for _ in range(_AT_ONCE)))
        return len(paths) / (time.perf_counter() - started), found


async def _client(
    session: aiohttp.ClientSession, paths: Iterable[str], found: dict[str, str], tags: dict[str, str] | None
) -> None:
    for path in paths:
        known = {"If-None-Match": tags[path]} if tags else {}
        async with session.get(path, headers=known) as answer:
            body = await answer.read()
            assert answer.status == (304 if tags else 200), body
            assert not body or json.loads(body).get("entitled", True)
            found[path] = answer.headers.get("ETag", "")


@contextmanager
def _serving(module: str, *arguments: str, redis: str = "") -> Iterator[int]:
    """Run a server for the length of the block; its port comes after the arguments."""
    port = _free_port()
    server = start(f"tests.bench.workers.{module}", *arguments, str(port), *([redis] if redis else []))
    try:
        yield port
    finally:
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.wait()
        server.answers.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

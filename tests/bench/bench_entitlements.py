"""Entitlements over HTTP: out of the cache, with an ETag, and out of the database; beside a route that does nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from attrs import evolve

from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.kernel.ids import TenantId
from tests.bench import world
from tests.bench.measured import Measured
from tests.bench.serving import Ask, race, serving

_TENANTS = 2_000
#: How many tenants are asked about again and again, and how many requests.
_WARM, _REQUESTS = 50, 6_000
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
    with serving("bare_server") as port:
        raw = await race(port, [Ask("/nothing")] * _REQUESTS, {})
    with serving("usage_server", migrated_mariadb_url, str(tmp_path), redis=redis) as port:
        asks = [Ask(f"/api/v1/entitlements/bench?tenant_id={each}") for each in tenants]
        await race(port, asks[:1], headers)  # the first request reads keys and makes connections
        cold = await race(port, asks[_WARM:], headers)
        asked = [asks[number % _WARM] for number in range(_REQUESTS)]
        warm = await race(port, asked, headers)
        same = await race(port, [_if_changed(each, warm.headers[each.path]["ETag"]) for each in asked], headers)
    record(Measured(f"entitlements, warm ({cache})", warm.rate, "/s", _LIMIT, raw.rate, note=warm.note))
    record(Measured(f"entitlements, If-None-Match ({cache})", same.rate, "/s", _LIMIT, raw.rate, note=same.note))
    record(Measured(f"entitlements, cold ({cache})", cold.rate, "/s", _LIMIT, raw.rate, note=cold.note))


async def _customers(url: str) -> Sequence[TenantId]:
    here = await world.open_world(url)
    tenants = await world.add_customers(here, _TENANTS)
    await world.add_subscriptions(here, tenants)
    await here.aclose()
    return tenants


def _if_changed(ask: Ask, tag: str) -> Ask:
    return evolve(ask, headers={"If-None-Match": tag}, status=304)

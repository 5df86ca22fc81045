"""Who asks too often is told to wait: by bearer, by address without a token, sooner with tokens that fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient, Response

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.rate_limiting import rate_limiter
from scaicontrol_adapters.settings import Environment, Settings
from scaicontrol_adapters.telemetry import Metrics
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_http.app import create_app
from scaicontrol_http.rate_limits import RateLimits
from tests.services.redis import OwnRedis

PARTNERS = "/api/v1/admin/partners"
CATALOGUE = "/api/v1/catalog/services"
PROXY, HOME, AWAY = "10.0.0.7", "198.51.100.4", "203.0.113.9"
Headers = dict[str, str]


@asynccontextmanager
async def serving(settings: Settings, address: str = HOME, **limits: Any) -> AsyncIterator[AsyncClient]:
    """Open a client at an address, of a server with limits."""
    async with Container.from_settings(evolve(settings, **limits)) as container:
        app = create_app(container)
        async with app.lifespan(), opened(app, address) as client:
            yield client


def opened(app: Any, address: str) -> AsyncClient:
    """Return a client at an address."""
    return AsyncClient(transport=ASGITransport(cast("Any", app), client=(address, 1)), base_url="http://server")


async def asked(client: AsyncClient, times: int, path: str = PARTNERS, headers: Headers | None = None) -> list[int]:
    """Ask several times; return the statuses."""
    return [(await client.get(path, headers=headers)).status_code for _ in range(times)]


def assert_told_to_wait(answer: Response, policy: str, requests: int) -> None:
    """Look at a refusal as clients do."""
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "rate_limited"
    seconds = int(answer.headers["retry-after"])
    assert 0 < seconds <= 66
    assert answer.headers["ratelimit-policy"] == f'"{policy}";q={requests};w=60'
    assert answer.headers["ratelimit"] == f'"{policy}";r=0;t={seconds}'


async def test_reading_and_writing_have_their_shares(settings: Settings, admin: Headers) -> None:
    async with serving(settings, rate_limit_reads=3, rate_limit_writes=1) as client:
        first = await client.get(PARTNERS, headers=admin)
        assert first.headers["ratelimit"].startswith('"reads";r=2;t=')
        assert await asked(client, 2, headers=admin) == [200, 200]
        assert_told_to_wait(await client.get(PARTNERS, headers=admin), "reads", 3)
        assert (await client.post(PARTNERS, json={"name": "R"}, headers=admin)).status_code == 201
        refused = await client.post(PARTNERS, json={"name": "S"}, headers=admin | {"Idempotency-Key": "k"})
        assert_told_to_wait(refused, "writes", 1)
        metrics = (await client.get("/metrics")).text
        assert 'scaicontrol_http_rate_limited_total{policy="reads"} 1.0' in metrics
        assert 'scaicontrol_http_rate_limited_total{policy="writes"} 1.0' in metrics


async def test_a_new_token_of_the_same_bearer_is_no_new_share(settings: Settings, token: Callable[..., str]) -> None:
    async with serving(settings, rate_limit_reads=2) as client:
        both = [{"Authorization": f"Bearer {token()}"} for _ in range(2)]
        assert [(await asked(client, 1, headers=each))[0] for each in (*both, both[1])] == [200, 200, 429]
        other = {"Authorization": f"Bearer {token('partner_admin', partner_id='prt_1')}"}
        assert await asked(client, 1, headers=other) == [200]


async def test_addresses_without_a_token_have_a_share(settings: Settings, admin: Headers) -> None:
    async with Container.from_settings(evolve(settings, rate_limit_anonymous=2)) as container:
        app = create_app(container)
        async with opened(app, HOME) as home, opened(app, AWAY) as away:
            assert await asked(home, 3, CATALOGUE) == [200, 200, 429]
            assert await asked(away, 1, CATALOGUE) == [200]
            assert await asked(home, 3, headers=admin) == [200] * 3
            assert await asked(home, 5, "/healthz") == [200] * 5
            assert await asked(home, 5, "/docs") == [200] * 5


async def test_who_guesses_tokens_is_stopped_and_neighbours_are_not(settings: Settings, admin: Headers) -> None:
    wrong = {"Authorization": "Bearer e30.e30.e30"}
    async with serving(settings, rate_limit_failures=2, rate_limit_reads=100) as client:
        assert await asked(client, 1, headers=wrong) == [401]
        assert await asked(client, 1) == [401]
        assert_told_to_wait(await client.get(PARTNERS, headers=wrong), "failures", 2)
        assert_told_to_wait(await client.get(PARTNERS), "failures", 2)
        assert await asked(client, 2, headers=admin) == [200, 200]


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted_as"),
    [
        (HOME, AWAY, HOME),
        (PROXY, AWAY, AWAY),
        (PROXY, f"192.0.2.1, {AWAY}", AWAY),
        (PROXY, f"192.0.2.1,{AWAY} , {PROXY}", AWAY),
        (PROXY, f"{AWAY}:4711", AWAY),
        (PROXY, "[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
        (PROXY, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (PROXY, f"::ffff:{AWAY}", AWAY),
        (PROXY, f"{AWAY}, unknown", PROXY),
        (PROXY, "", PROXY),
        (PROXY, ", ,,", PROXY),
        ("testclient", AWAY, "unknown"),
    ],
)
async def test_only_trusted_proxies_say_where_a_request_came_from(
    settings: Settings, peer: str, forwarded: str, counted_as: str
) -> None:
    async with Container.from_settings(settings) as container:
        metrics, behind = Metrics(), evolve(container.settings, trusted_proxies=("10.0.0.0/8",))
        limits = RateLimits(rate_limiter(behind, metrics), behind, metrics)
        scope: Any = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())], "type": "http"}
        assert limits.address(scope) == counted_as


async def test_a_browser_may_always_ask_whether_it_may(settings: Settings) -> None:
    async with serving(settings, rate_limit_anonymous=1, cors_origins=("https://portal.example",)) as client:
        asking = {"Origin": "https://portal.example", "Access-Control-Request-Method": "POST"}
        assert [(await client.options(PARTNERS, headers=asking)).status_code for _ in range(3)] == [204] * 3
        assert [(await client.options(PARTNERS)).status_code for _ in range(3)] == [204] * 3


async def test_servers_share_their_counts_in_redis_and_serve_without_it(
    settings: Settings, admin: Headers, own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaicontrol_adapters.redis.line.PATIENCE_SECONDS", 1.5)  # a busy machine is not away
    shared: dict[str, Any] = {"redis_url": own_redis.url, "rate_limit_reads": 3, "entitlements_max_age_seconds": 0}
    async with serving(settings, **shared) as one, serving(settings, **shared) as two:
        assert await asked(one, 2, headers=admin) == [200, 200]
        assert await asked(two, 2, headers=admin) == [200, 429]
        own_redis.kill()
        assert await asked(one, 4, headers=admin) == [200, 200, 200, 429]
        assert "scaicontrol_http_rate_limit_fallbacks_total 4.0" in (await one.get("/metrics")).text


def test_production_has_limits_unless_told_otherwise() -> None:
    assert Settings().rate_limit_reads == 0
    production = Settings(env=Environment.PRODUCTION)
    assert production.rate_limit_failures < production.rate_limit_anonymous < production.rate_limit_writes
    assert Settings(env=Environment.PRODUCTION, rate_limit_reads=0).rate_limit_reads == 0


def test_proxies_are_addresses_and_networks() -> None:
    read = Settings.from_environment({"SCAICONTROL_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1,2001:db8::/32"})
    assert read.trusted_proxies == ("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32")
    for wrong in ("proxy.example", "10.0.0.1/8", "10.0.0.0/33", "*"):
        with pytest.raises(Invalid, match="SCAICONTROL_TRUSTED_PROXIES"):
            Settings.from_environment({"SCAICONTROL_TRUSTED_PROXIES": wrong})

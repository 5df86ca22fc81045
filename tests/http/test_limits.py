"""What a request may be: how large, from whose page, how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.testing import FixedClock
from scaicontrol_http.app import create_app

PARTNERS = "/api/v1/admin/partners"
KEY = "Idempotency-Key"


async def total(client: AsyncClient, admin: dict[str, str]) -> int:
    count: int = (await client.get(PARTNERS, headers=admin)).json()["total"]
    return count


async def test_five_megabytes_are_too_much(client: AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.post(PARTNERS, json={"name": "x" * 5_000_000}, headers=admin)
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    with_key = await client.post(PARTNERS, json={"name": "x" * 5_000_000}, headers=admin | {KEY: "k"})
    assert with_key.status_code == 413


async def test_five_megabytes_that_do_not_say_so_are_too_much(client: AsyncClient, admin: dict[str, str]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100_000

    headers = admin | {"Content-Type": "application/json"}
    assert (await client.post(PARTNERS, content=pieces(), headers=headers)).status_code == 413


async def test_a_client_that_goes_away_half_way_is_no_fault_of_ours(app: Litestar, admin: dict[str, str]) -> None:
    parts = [{"type": "http.request", "body": b'{"na', "more_body": True}, {"type": "http.disconnect"}]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", admin["Authorization"].encode()), (b"content-length", b"100")]
    scope = {"type": "http", "method": "POST", "path": PARTNERS, "raw_path": PARTNERS.encode(), "query_string": b""}
    scope |= {"headers": headers, "http_version": "1.1", "scheme": "http", "server": ("server", 80)}
    await app(cast("Any", scope), receive, send)
    assert sent[0]["status"] == 400


async def test_the_limit_is_a_setting(settings: Settings, admin: dict[str, str]) -> None:
    async with Container.from_settings(evolve(settings, body_limit=1024)) as container:
        transport = ASGITransport(cast("Any", create_app(container)))
        async with AsyncClient(transport=transport, base_url="http://server") as client:
            assert (await client.post(PARTNERS, json={"name": "x" * 2000}, headers=admin)).status_code == 413
            assert (await client.post(PARTNERS, json={"name": "x"}, headers=admin)).status_code == 201


async def test_only_listed_pages_may_call_the_api(settings: Settings, admin: dict[str, str]) -> None:
    async with Container.from_settings(evolve(settings, cors_origins=("https://portal.example",))) as container:
        transport = ASGITransport(cast("Any", create_app(container)))
        async with AsyncClient(transport=transport, base_url="http://server") as client:
            friend, stranger = {"Origin": "https://portal.example"}, {"Origin": "https://evil.example"}
            asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
            allowed = await client.options(f"{PARTNERS}?limit=1&statuss=x", headers=friend | asking)
            assert allowed.headers["access-control-allow-origin"] == "https://portal.example"
            refused = await client.options(PARTNERS, headers=stranger | asking)
            assert "access-control-allow-origin" not in refused.headers
            answer = await client.get(PARTNERS, headers=admin | friend)
            assert answer.headers["access-control-allow-origin"] == "https://portal.example"
            exposed = set(answer.headers["access-control-expose-headers"].split(", "))
            assert {"ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"} <= exposed
            # Tokens are sent by hand; a browser's own credentials never are.
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in allowed.headers["vary"]
            for near in (
                "https://portal.example.evil.example",
                "http://portal.example",
                "null",
                "https://PORTAL.example.",
            ):
                tried = await client.options(PARTNERS, headers=asking | {"Origin": near})
                assert "access-control-allow-origin" not in tried.headers, near
            # A page must be able to read what is wrong.
            wrong = await client.get(PARTNERS, headers=friend)
            assert (wrong.status_code, "access-control-allow-origin" in wrong.headers) == (401, True)
            assert "access-control-allow-origin" not in (await client.get(PARTNERS, headers=admin | stranger)).headers


async def test_asking_for_the_methods_of_an_address_takes_any_query(client: AsyncClient) -> None:
    assert (await client.options(f"{PARTNERS}?statuss=x")).status_code == 204


async def test_an_address_names_all_its_methods(client: AsyncClient) -> None:
    assert (await client.options(PARTNERS)).headers["allow"] == "GET, OPTIONS, POST"
    one = await client.options(f"{PARTNERS}/prt_1")
    assert set(one.headers["allow"].split(", ")) >= {"GET", "PATCH", "OPTIONS"}
    refused = await client.delete(PARTNERS)
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (405, {"GET", "OPTIONS", "POST"})


async def test_without_a_list_no_page_may(client: AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.get(PARTNERS, headers=admin | {"Origin": "https://portal.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_request_sent_twice_takes_effect_once(client: AsyncClient, admin: dict[str, str]) -> None:
    first = await client.post(PARTNERS, json={"name": "R"}, headers=admin | {KEY: "k-1"})
    again = await client.post(PARTNERS, json={"name": "R"}, headers=admin | {KEY: "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert await total(client, admin) == 1


async def test_another_request_with_the_same_key_is_refused(client: AsyncClient, admin: dict[str, str]) -> None:
    await client.post(PARTNERS, json={"name": "R"}, headers=admin | {KEY: "k-1"})
    other = await client.post(PARTNERS, json={"name": "S"}, headers=admin | {KEY: "k-1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await total(client, admin) == 1


async def test_a_request_that_failed_frees_its_key(client: AsyncClient, admin: dict[str, str]) -> None:
    for body, status in (({"nmae": "R"}, 422), ({"name": ""}, 422), ({"name": "R"}, 201)):
        answer = await client.post(PARTNERS, json=body, headers=admin | {KEY: "k-1"})
        assert answer.status_code == status


async def test_of_requests_at_once_one_takes_effect(client: AsyncClient, admin: dict[str, str]) -> None:
    asked = [client.post(PARTNERS, json={"name": "R"}, headers=admin | {KEY: "k-1"}) for _ in range(6)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_in_flight"}
    assert await total(client, admin) == 1


async def test_keys_are_everyones_own_and_live_for_a_day(
    client: AsyncClient, admin: dict[str, str], headers: Any, clock: FixedClock
) -> None:
    await client.post(PARTNERS, json={"name": "R"}, headers=admin | {KEY: "k-1"})
    reseller = headers("partner_admin", partner_id="prt_1")
    other = await client.post(PARTNERS, json={"name": "R"}, headers=reseller | {KEY: "k-1"})
    assert other.status_code == 403
    clock.set(clock.now() + timedelta(hours=24))
    anew = await client.post(PARTNERS, json={"name": "R"}, headers=admin | {KEY: "k-1"})
    assert "idempotent-replayed" not in anew.headers
    assert await total(client, admin) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é"])
async def test_a_key_that_is_none(client: AsyncClient, admin: dict[str, str], key: str) -> None:
    answer = await client.post(
        PARTNERS,
        json={"name": "R"},
        headers=[(b"Authorization", admin["Authorization"].encode()), (KEY.encode(), key.encode())],
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_malformed")
    assert await total(client, admin) == 0


async def test_reading_needs_no_key_and_ignores_one(client: AsyncClient, admin: dict[str, str]) -> None:
    assert (await client.get(PARTNERS, headers=admin | {KEY: "k"})).status_code == 200

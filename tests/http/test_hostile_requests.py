"""Requests that mean no good, or that some library gets wrong: each is refused in words, and costs little."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import uvicorn
from attrs import evolve
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Environment, Settings
from scaicontrol_http.app import create_app
from scaicontrol_http.observing import Observing

PARTNERS = "/api/v1/admin/partners"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"name": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", 400),
        (b'{"name": "R", "branding": ' + b"[" * 400 + b"]" * 400 + b"}", 422),
        (b'{"name": "R", "name": "S"}', 400),
        (b'{"name": "R", "branding": {"a": 1, "a": 2}}', 400),
        (b'{"name": "R", "commission_rate": 1e400}', 400),
        (b'{"name": "R", "commission_rate": ' + b"9" * 5000 + b"}", 400),
        (b'{"name": "R", "commission_rate": NaN}', 400),
        (b'{"name": "\\u0000"}', 422),
        (b'{"name": "\\ud800"}', 400),
        (b'{"name": "\xed\xa0\x80"}', 400),
        (b'\xef\xbb\xbf{"name": "R"}', 400),
        (b'{"name": "R"} {"name": "S"}', 400),
        (b"\x00", 400),
        (b"", 422),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
async def test_no_json_is_too_strange_to_be_refused(
    client: AsyncClient, admin: dict[str, str], body: bytes, status: int
) -> None:
    answer = await client.post(PARTNERS, content=body, headers=admin | JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get(PARTNERS, headers=admin)).json()["total"] == 0


async def test_a_packed_body_is_not_unpacked_where_none_is_expected(client: AsyncClient, admin: dict[str, str]) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    answer = await client.post(PARTNERS, content=bomb, headers=admin | JSON | {"Content-Encoding": "gzip"})
    assert answer.status_code in {400, 415}


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/admin/partners",
        "/api/v1/admin/partners/%2e%2e/tenants",
        "/api/v1/admin/partners/..%2f..%2fmetrics",
        "/api/v1/admin/partners/%00",
        "/api/v1/admin/partners/%ff%fe",
        "/api/v1/admin/partners;x=1",
        "/api/v1/ADMIN/partners",
        f"/api/v1/admin/partners/{'x' * 20_000}",
        "/docs/assets/..%2froutes.py",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
async def test_strange_paths_lead_nowhere(client: AsyncClient, admin: dict[str, str], path: str) -> None:
    answer = await client.get(path, headers=admin)
    assert answer.status_code in {400, 404}, answer.text[:200]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_every_answer_of_the_api_is_private_and_no_page(client: AsyncClient, admin: dict[str, str]) -> None:
    for path, headers in ((PARTNERS, admin), (PARTNERS, {}), ("/api/v1/nowhere", admin), ("/api/v1/auth/config", {})):
        answer = await client.get(path, headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers


async def test_production_tells_browsers_to_stay_with_tls(settings: Settings) -> None:
    live = evolve(
        settings,
        env=Environment.PRODUCTION,
        dev_issuer=False,
        scaikey_url="https://key.example",
        jwks_url="https://key.example/jwks",
        jwt_issuer="https://key.example",
        vies_url="none",
    )
    async with Container.from_settings(live) as container:
        transport = ASGITransport(cast("Any", create_app(container)))
        async with AsyncClient(transport=transport, base_url="http://server") as client:
            answer = await client.get("/healthz")
            assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


async def test_a_client_that_drips_its_body_is_given_up(app: Litestar, admin: dict[str, str]) -> None:
    outer = cast("Any", app.asgi_handler)
    assert isinstance(outer, Observing)
    outer.patience = 0.05
    sent: list[dict[str, Any]] = []
    first = [{"type": "http.request", "body": b'{"na', "more_body": True}]

    async def receive() -> Any:
        if first:
            return first.pop()
        await asyncio.Event().wait()
        return None

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", admin["Authorization"].encode()), (b"content-length", b"100")]
    scope = {"type": "http", "method": "POST", "path": PARTNERS, "raw_path": PARTNERS.encode(), "query_string": b""}
    scope |= {"headers": headers, "http_version": "1.1", "scheme": "http", "server": ("server", 80)}
    async with asyncio.timeout(10):
        await app(cast("Any", scope), receive, send)
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["code"] == "body_incomplete"


@pytest.fixture
async def line(app: Litestar) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare line to a server with the limits of ``scaicontrol serve``."""
    from scaicontrol_cli.operating import SERVER  # noqa: PLC0415  # the command line's own

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, **SERVER))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    yield reader, writer
    writer.close()
    server.should_exit = True
    await serving
    listening.close()


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 10_000 + b"\r\n",
        b"POST /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"NONSENSE\r\n\r\n",
    ],
    ids=["a long header", "a long path", "many headers", "two lengths", "a negative length", "nonsense"],
)
async def test_a_head_without_end_or_sense_is_refused_at_the_door(line: Any, request_head: bytes) -> None:
    reader, writer = line
    writer.write(request_head)
    async with asyncio.timeout(20):
        answered = await reader.readline()
    assert answered.split(b" ")[1] in {b"400", b"431"}, answered


async def test_a_head_that_is_too_large_is_told_so(client: AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.get(PARTNERS, headers=admin | {"X-Long": "x" * 40_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "head_too_large")
    assert (await client.get(PARTNERS, headers=admin | {"X-Long": "x" * 8_000})).status_code == 200

"""What machines ask: is it alive, can it serve, how much does it do."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from attrs import evolve
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import LogFormat, Settings
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_core.documents.errors import ObjectStoreUnavailable
from scaicontrol_core.testing.objects import MemoryObjects
from scaicontrol_http import app as module
from scaicontrol_http.app import create_app
from tests.services.redis import OwnRedis


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[AsyncClient]:
    """Serve other settings than the usual ones."""
    async with Container.from_settings(settings) as container:
        transport = ASGITransport(cast("Any", create_app(container)))
        async with AsyncClient(transport=transport, base_url="http://server") as client:
            yield client


def states(answer: Any) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in answer.json()["checks"]}


async def test_all_is_well(client: AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert states(answer) == {"database": True, "schema": True, "object_store": True, "renderer": True, "keys": True}


async def test_the_database_is_away(settings: Settings) -> None:
    away = evolve(settings, database_url="mysql+aiomysql://me:hush@127.0.0.1:1/none")
    async with served(away) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["status"] == "unavailable"
        assert not states(answer)["database"]
        assert states(answer)["object_store"]
        assert "hush" not in answer.text
        assert "127.0.0.1" not in answer.text
        refused = await client.get("/api/v1/catalog/services")
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert "hush" not in refused.text
        assert "nan" in (await client.get("/metrics")).text.lower()


async def test_a_cache_that_is_away_costs_no_answer(
    settings: Settings, own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaicontrol_adapters.redis.line.PATIENCE_SECONDS", 1.5)  # a busy machine is not away
    async with served(evolve(settings, redis_url=own_redis.url)) as client:
        assert states(await client.get("/readyz"))["cache"]
        own_redis.kill()
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"], states(answer)["cache"]) == (200, "degraded", False)
        assert str(own_redis.port) not in answer.text


async def test_the_schema_is_behind(settings: Settings, tmp_path: Path) -> None:
    async with served(evolve(settings, database_url=f"sqlite+aiosqlite:///{tmp_path}/empty.db")) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert (states(answer)["database"], states(answer)["schema"]) == (True, False)


async def test_a_newer_schema_is_fine_while_servers_are_replaced(client: AsyncClient, settings: Settings) -> None:
    with sqlite3.connect(settings.database_url.removeprefix("sqlite+aiosqlite:///")) as database:
        database.execute("UPDATE alembic_version SET version_num = '999'")
    database.close()
    assert (await client.get("/readyz")).json()["status"] == "ready"


class AwayObjects(MemoryObjects):
    """An object store that does not answer."""

    async def exists(self, key: str) -> bool:
        raise ObjectStoreUnavailable("https://me:hush@s3.example does not answer.")


async def test_the_object_store_is_away(client: AsyncClient, container: Container) -> None:
    container.objects = AwayObjects()
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert not states(answer)["object_store"]
    assert "hush" not in answer.text


async def test_numbers_are_counted_by_route_not_by_customer(client: AsyncClient, admin: dict[str, str]) -> None:
    for name in ("prt_1", "prt_2"):
        await client.get(f"/api/v1/admin/partners/{name}", headers=admin)
    await client.get("/no/such/thing")
    text = (await client.get("/metrics")).text
    route = 'method="GET",route="/api/v1/admin/partners/{partner_id}",status="404"'
    assert f"scaicontrol_http_requests_total{{{route}}} 2.0" in text
    assert "prt_1" not in text
    assert "such" not in text
    assert "scaicontrol_documents_pending 0.0" in text
    assert "scaicontrol_outbox_events 0.0" in text
    assert "scaicontrol_webhooks_age_seconds 0.0" in text


@pytest.mark.parametrize("given", ["abc-123", "0af7651916cd43dd8448eb211c80319c", "a:b/c+d=e_f.g"])
async def test_a_request_keeps_the_id_it_came_with(client: AsyncClient, given: str) -> None:
    assert (await client.get("/healthz", headers={"X-Request-ID": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 101, "<script>", "a\tb", "é", "-x"])
async def test_a_request_with_a_strange_id_gets_one_of_ours(client: AsyncClient, given: str) -> None:
    answer = await client.get("/healthz", headers=[(b"X-Request-ID", given.encode())])
    assert answer.headers["x-request-id"].startswith("req_")


async def test_the_audit_log_names_the_request(client: AsyncClient, admin: dict[str, str]) -> None:
    await client.post("/api/v1/admin/partners", json={"name": "R"}, headers=admin | {"X-Request-ID": "order-66"})
    entries = (await client.get("/api/v1/admin/audit-log", headers=admin)).json()["items"]
    assert "order-66" in {entry["request_id"] for entry in entries}


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log as in production; gives what reads the lines. Leaves logging as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure_logging(Settings(), stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_each_request_is_a_line_without_secrets(
    logged: Any, client: AsyncClient, headers: Any, admin: dict[str, str]
) -> None:
    mine = headers("tenant_admin", tenant_id="tnt_1", partner_id="prt_1")
    await client.get("/api/v1/billing/invoices?status=draft", headers=mine | {"X-Request-ID": "r-1"})
    await client.post("/api/v1/admin/partners", json={"name": "Confidential Ltd"}, headers=admin)
    await client.get("/healthz")
    raw = logged()
    lines = [line for line in raw if line["event"] == "request"]
    assert [line["route"] for line in lines] == ["/api/v1/billing/invoices", "/api/v1/admin/partners"]
    first = lines[0]
    assert (first["request_id"], first["actor"], first["tenant_id"]) == ("r-1", "dev:tenant_admin", "tnt_1")
    assert (first["method"], first["status"], first["level"]) == ("GET", 200, "info")
    text = json.dumps(raw)
    assert "Confidential" not in text
    assert "eyJ" not in text


def test_a_fault_is_logged_with_its_place_and_without_what_it_worked_on(logged: Any) -> None:
    def fail(customer: str) -> None:
        raise RuntimeError(f"no plan for {len(customer)} letters")

    try:
        fail("Confidential Ltd")
    except RuntimeError as error:
        structlog.get_logger("test").error("internal_error", exc_info=error, api_key="hush", authorization="hush")
    logging.getLogger("library").warning("of another library")
    fault, foreign = logged()
    assert fault["exception"][0]["exc_type"] == "RuntimeError"
    assert fault["exception"][0]["frames"][-1]["name"] == "fail"
    assert "Confidential" not in json.dumps(fault)
    assert "hush" not in json.dumps(fault)
    assert (foreign["event"], foreign["logger"]) == ("of another library", "library")


def test_people_get_lines_they_can_read() -> None:
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure_logging(Settings(log_format=LogFormat.CONSOLE), stream)
    structlog.get_logger("test").info("serving", port=8000)
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()
    assert "serving" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


async def test_the_server_lives_with_its_jobs_and_closes_what_it_opened(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    container = Container.from_settings(evolve(settings, background_jobs="tests.services:none"))

    @asynccontextmanager
    async def jobs(given: Container) -> AsyncIterator[None]:
        assert given is container
        events.append("started")
        yield
        events.append("stopped")

    monkeypatch.setattr("scaicontrol_http.lifespan._named", lambda name: jobs)
    async with create_app(container, owned=True).lifespan():
        assert events == ["started"]
    assert events == ["started", "stopped"]


def test_the_servers_application_reads_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(module, "configure_logging", lambda _: None)
    assert isinstance(module.application(), Litestar)

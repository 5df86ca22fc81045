"""Traces: a collector gets the tree of what a request did; without an endpoint there is nothing, and no cost."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import structlog
from attrs import evolve
from httpx import ASGITransport, AsyncClient

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaikey.fetching import fetch_json
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.retry import retried
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_adapters.tracing import calling, of_job, traced
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_http.app import create_app
from tests.services.collector import Collector, collecting
from tests.services.echo import echoing
from tests.services.processes import free_port

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
INCOMING = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
API = "/api/v1"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that is well."""
    with collecting() as running:
        yield running


@asynccontextmanager
async def served(settings: Settings, **changes: Any) -> AsyncIterator[tuple[AsyncClient, Container]]:
    """Serve with traces; all of them have been sent once the block is left."""
    async with Container.from_settings(evolve(settings, **changes)) as container:
        transport = ASGITransport(cast("Any", create_app(container)))
        async with AsyncClient(transport=transport, base_url="http://server") as client:
            yield client, container


async def test_a_request_its_use_case_and_its_statements_are_one_tree(
    settings: Settings, collector: Collector, admin: dict[str, str]
) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        made = await client.post(f"{API}/admin/partners", json={"name": "Acme Person"}, headers=admin | INCOMING)
        assert made.status_code == 201
    request = collector.named(f"POST {API}/admin/partners")
    assert (request.trace_id, request.parent_id, request.kind) == (TRACE, CALLER, "server")
    assert request.attributes["http.response.status_code"] == 201
    assert request.attributes["http.route"] == f"{API}/admin/partners"
    assert request.attributes["request_id"] == made.headers["x-request-id"]
    use_case = collector.named("CreatePartner")
    assert (use_case.trace_id, use_case.parent_id, use_case.kind) == (TRACE, request.span_id, "internal")
    inserted = next(each for each in collector.below(use_case) if each.name == "INSERT partners")
    assert inserted.kind == "client"
    assert inserted.attributes["db.system.name"] == "sqlite"
    assert inserted.attributes["db.operation.name"] == "INSERT"
    assert inserted.attributes["db.collection.name"] == "partners"
    assert inserted.attributes["db.query.text"].startswith("INSERT INTO partners")
    assert {each.trace_id for each in collector.spans} == {TRACE}
    assert collector.resources[0]["service.name"] == "scaicontrol"
    assert set(collector.paths) == {"/v1/traces"}
    said = b"".join(collector.raw)
    for private in ("Acme Person", admin["Authorization"][7:], made.json()["id"]):
        assert private.encode() not in said


async def test_what_was_asked_is_told_by_its_template(
    settings: Settings, collector: Collector, admin: dict[str, str]
) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        await client.get(f"{API}/admin/partners/prt_private?page=private-query", headers=admin)
        await client.get("/private/place")
        await client.request("PRIVATE", "/healthz/x")
        await client.get("/readyz")
        await client.get("/metrics")
    names = {each.name for each in collector.spans if each.kind == "server"}
    assert names == {f"GET {API}/admin/partners/{{partner_id}}", "GET (none)", "_OTHER (none)"}
    assert b"private" not in b"".join(collector.raw).lower()


async def test_a_refusal_has_its_code_and_is_no_failure(
    settings: Settings, collector: Collector, admin: dict[str, str]
) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        await client.get(f"{API}/admin/partners/prt_none", headers=admin)
    for name in (f"GET {API}/admin/partners/{{partner_id}}", "GetPartner"):
        assert collector.named(name).attributes["scaicontrol.code"] == "partner_not_found"
        assert not collector.named(name).failed


async def test_attempts_are_events_and_the_last_one_an_error(settings: Settings, collector: Collector) -> None:
    async def loses() -> None:
        raise Retryable("deadlock with private words", code="deadlock")

    async with served(settings, otlp_endpoint=collector.url) as (_, container):
        assert container.tracing is not None
        with of_job(container.tracing, "losing"), pytest.raises(Retryable):
            await traced(container.tracing, "Losing", retried(loses))()
    span = collector.named("Losing")
    assert [event for event, _ in span.events] == ["retry"] * 7
    assert span.events[0][1] == {"attempt": 1, "reason": "deadlock"}
    assert (span.failed, span.attributes["error.type"]) == (True, "deadlock")
    assert b"private" not in b"".join(collector.raw)


async def test_a_statement_that_fails_has_no_words(settings: Settings, collector: Collector) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (_, container):
        assert container.database is not None
        with of_job(container.tracing, "breaking"), pytest.raises(Exception, match="private"):
            async with container.database.writer.connect() as line:
                await line.exec_driver_sql(
                    "SELECT 'private', \"private_column\" FROM private_table WHERE a = 'private'"
                )
    (job,) = [each for each in collector.spans if each.name == "job breaking"]
    (span,) = [each for each in collector.below(job) if each.failed]
    assert span.attributes["error.type"] == "OperationalError"
    assert "'private'" not in span.attributes["db.query.text"]


async def test_statements_on_mariadb(
    settings: Settings, collector: Collector, admin: dict[str, str], migrated_mariadb_url: str
) -> None:
    async with served(settings, otlp_endpoint=collector.url, database_url=migrated_mariadb_url) as (client, _):
        made = await client.post(f"{API}/admin/partners", json={"name": "Acme Person"}, headers=admin | INCOMING)
        assert made.status_code == 201
    inserted = collector.named("INSERT partners")
    assert inserted.attributes["db.system.name"] == "mariadb"
    assert "%s" in inserted.attributes["db.query.text"]
    said = b"".join(collector.raw)
    for private in ("Acme Person", migrated_mariadb_url.partition("@")[0].rpartition(":")[2]):
        assert private.encode() not in said


async def test_a_tool_of_an_assistant_is_part_of_its_request(
    settings: Settings, collector: Collector, admin: dict[str, str]
) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = admin | {"Accept": "application/json, text/event-stream", "Host": "localhost"}
    async with Container.from_settings(evolve(settings, otlp_endpoint=collector.url)) as container:
        app = create_app(container)
        async with (
            app.lifespan(),
            AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://localhost") as client,
        ):
            await client.post("/mcp", json=call, headers=headers | INCOMING)
    assert collector.named("POST /mcp").parent_id == CALLER
    assert {each.trace_id for each in collector.spans} == {TRACE}


async def test_a_slice_of_a_job_is_a_trace_of_its_own(settings: Settings, collector: Collector) -> None:
    from scaicontrol_jobs.embedded import start  # noqa: PLC0415  # the server loads it by name as well
    from scaicontrol_jobs.schedule import SCHEDULE  # noqa: PLC0415

    (sweep,) = [job for job in SCHEDULE if job.name == "sweep_idempotency_keys"]
    done = asyncio.Event()

    async def run(container: Container) -> bool:
        more = await sweep.run(container)
        done.set()
        return more

    async with (
        served(settings, otlp_endpoint=collector.url) as (_, container),
        start(container, [evolve(sweep, run=run)]),
    ):
        await done.wait()
    job = collector.named("job sweep_idempotency_keys")
    assert (job.parent_id, job.kind) == ("", "consumer")
    assert {each.trace_id for each in collector.spans} == {job.trace_id}
    assert any(each.attributes.get("db.operation.name") == "DELETE" for each in collector.spans)


async def test_a_service_of_ours_gets_the_trace_and_nobody_else(settings: Settings, collector: Collector) -> None:
    with echoing() as echo:
        async with served(settings, otlp_endpoint=collector.url) as (_, container):
            with of_job(container.tracing, "asking"):
                with pytest.raises(ValueError, match="403"):
                    await fetch_json(f"{echo.url}/keys?token=private", bearer="private-bearer")
                with calling("vies", "POST"):
                    pass
        call = collector.named("GET scaikey")
        assert f"00-{call.trace_id}-{call.span_id}-0" in echo.heard[0]
    assert call.attributes["http.response.status_code"] == 403
    assert call.failed
    assert b"private" not in b"".join(collector.raw)


async def test_a_share_of_the_traces(settings: Settings, collector: Collector, admin: dict[str, str]) -> None:
    async with served(settings, otlp_endpoint=collector.url, otlp_sample_ratio=0.0) as (client, _):
        for headers in (admin, admin | INCOMING):
            assert (await client.get(f"{API}/admin/partners", headers=headers)).status_code == 200
    assert collector.paths == []


async def test_a_caller_may_leave_its_trace_out(
    settings: Settings, collector: Collector, admin: dict[str, str]
) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        unsampled = {"traceparent": INCOMING["traceparent"][:-1] + "0"}
        assert (await client.get(f"{API}/admin/partners", headers=admin | unsampled)).status_code == 200
    assert collector.spans == []


@pytest.mark.parametrize(
    "strange", ["", "00", "x" * 2000, f"00-{'0' * 32}-{CALLER}-01", "é", f"ff-{TRACE}-{CALLER}-01"]
)
async def test_a_strange_parent_is_none(
    settings: Settings, collector: Collector, admin: dict[str, str], strange: str
) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        given = [(b"traceparent", strange.encode()), (b"authorization", admin["Authorization"].encode())]
        assert (await client.get(f"{API}/admin/partners", headers=given)).status_code == 200
    request = collector.named(f"GET {API}/admin/partners")
    assert request.parent_id == ""
    assert request.trace_id != TRACE


async def test_what_a_caller_says_beside_it_is_left_aside(
    settings: Settings, collector: Collector, admin: dict[str, str]
) -> None:
    beside = {"tracestate": "vendor=private", "baggage": "user=private"}
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        await client.get(f"{API}/admin/partners", headers=admin | INCOMING | beside)
    assert b"private" not in b"".join(collector.raw)


# -- the log ---------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line of the log."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    configure_logging(Settings(), lines)
    yield lines
    structlog.configure(**kept)
    root.handlers, root.level = handlers, level


async def test_lines_of_the_log_name_the_trace(
    settings: Settings, collector: Collector, admin: dict[str, str], log: io.StringIO
) -> None:
    async with served(settings, otlp_endpoint=collector.url) as (client, _):
        await client.get(f"{API}/admin/partners", headers=admin | INCOMING)
    async with served(settings) as (client, _):
        await client.get(f"{API}/admin/partners", headers=admin | INCOMING)
    requests = [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == "request"]
    assert [line.get("trace_id") for line in requests] == [TRACE, None]


# -- a collector that is not well ------------------------------------------------------------------


@pytest.mark.parametrize("how", ["away", "slow", "broken", "refusing", "elsewhere"])
async def test_a_collector_that_is_not_well_changes_nothing(
    settings: Settings, collector: Collector, admin: dict[str, str], how: str, log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("scaicontrol_adapters.otlp.tracing.LAST_SECONDS", 0.5)
    collector.status = {"broken": 500, "refusing": 401, "elsewhere": 307}.get(how, 200)
    collector.delay = 30.0 if how == "slow" else 0.0
    endpoint = f"http://127.0.0.1:{free_port()}" if how == "away" else collector.url
    started = time.monotonic()
    async with served(settings, otlp_endpoint=endpoint, otlp_headers="authorization=planted") as (client, _):
        for _ in range(5):
            assert (await client.get(f"{API}/admin/partners", headers=admin)).status_code == 200
    assert time.monotonic() - started < 20
    assert "planted" not in log.getvalue()
    if how != "slow":
        assert log.getvalue().count("traces_not_sent") == 1


async def test_no_more_than_so_many_wait(settings: Settings, collector: Collector) -> None:
    from scaicontrol_adapters.otlp.tracing import MOST_WAITING, OtlpTracing  # noqa: PLC0415  # only where it is on

    collector.delay = 30.0
    tracing = OtlpTracing.of(evolve(settings, otlp_endpoint=collector.url))
    started = time.monotonic()
    for _ in range(MOST_WAITING * 2):
        with of_job(tracing, "much"):
            pass
    assert time.monotonic() - started < 15
    assert len(tracing.processor._batch_processor._queue) <= MOST_WAITING  # no other way to look
    await tracing.close()


async def test_headers_go_to_the_collector(settings: Settings, collector: Collector, admin: dict[str, str]) -> None:
    given = "authorization=Bearer%20abc,x-scope=prod"
    async with served(settings, otlp_endpoint=collector.url + "/v1/traces", otlp_headers=given) as (client, _):
        await client.get(f"{API}/admin/partners", headers=admin)
    assert collector.headers[0]["authorization"] == "Bearer abc"
    assert collector.headers[0]["x-scope"] == "prod"
    assert collector.headers[0]["content-type"] == "application/x-protobuf"


# -- off --------------------------------------------------------------------------------------------

_PROGRAM = """
import asyncio, sys
from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy.use_cases.list_partners import ListPartners

async def main():
    async with Container.from_settings(Settings(database_url=sys.argv[1], background_jobs="")) as container:
        await container.use(ListPartners)(Actor.system("test"), PageRequest())
        assert container.tracing is None

asyncio.run(main())
ours = sorted(name for name in sys.modules if name.startswith("opentelemetry"))
import scaicontrol_http.app, scaicontrol_jobs.embedded
parts = ("opentelemetry.sdk", "opentelemetry.exporter", "scaicontrol_adapters.otlp")
heavy = sorted(name for name in sys.modules if name.startswith(parts))
print(ours, heavy)
"""


def test_without_an_endpoint_nothing_of_it_is_loaded(settings: Settings) -> None:
    # The library of MCP brings OpenTelemetry's bare interface with it; what records and sends stays out.
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM, settings.database_url], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[] []"

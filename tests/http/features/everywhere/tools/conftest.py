"""The server for assistants on a real port, and the official client for everyone who may knock."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from attrs import frozen
from litestar import Litestar
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_http.app import create_app
from scaicontrol_http.mcp.schemas import action_schema

#: To be entered and left by the test itself: a client lives in one task.
Connecting = AbstractAsyncContextManager["Speaker"]
Speak = Callable[..., Connecting]


@frozen
class Refusal:
    """Why nothing was done, as a tool tells it."""

    code: str
    message: str
    fields: Mapping[str, str]
    hint: str | None
    text: str


@frozen
class Speaker:
    """An assistant, by the official client."""

    client: Client

    async def tools(self) -> Mapping[str, Any]:
        """The tools that are offered to it, by name."""
        return {tool.name: tool for tool in (await self.client.list_tools()).tools}

    async def call(self, tool: str, action: str, **fields: Any) -> Any:
        """Call a tool, however it ends."""
        return await self.client.call_tool(tool, {"action": action, **fields})

    async def does(self, tool: str, action: str, **fields: Any) -> Any:
        """Do something that succeeds, and return its result."""
        answer = await self.call(tool, action, **fields)
        assert not answer.is_error, answer.content[0].text
        assert answer.structured_content["action"] == action
        assert answer.content[0].text.startswith(f"{action}: ")
        return answer.structured_content["result"]

    async def refused(self, tool: str, action: str, code: str, *pointers: str, **fields: Any) -> Refusal:
        """Ask for something that is refused; return why, having checked code and fields."""
        answer = await self.call(tool, action, **fields)
        assert answer.is_error, answer.structured_content
        error = answer.structured_content["error"]
        assert error["code"] == code, error
        wrong = {each["field"]: each["message"] for each in error["fields"]}
        if pointers:
            assert list(wrong) == list(pointers), error
        text = answer.content[0].text
        assert "Traceback" not in text
        assert code in text
        return Refusal(code, error["message"], wrong, error["hint"], text)


@asynccontextmanager
async def serving(app: Litestar, port: int = 0) -> AsyncIterator[str]:
    """Serve an application on a port of this machine, and yield its address."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not running.done():  # noqa: ASYNC110  # uvicorn tells no other way
            await asyncio.sleep(0)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def speaking(address: str, headers: Mapping[str, str], **how: Any) -> AsyncIterator[Speaker]:
    """Connect the official client with somebody's headers."""
    async with (
        httpx2.AsyncClient(headers=dict(headers), timeout=60) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http), **how) as client,
    ):
        yield Speaker(client)


@pytest.fixture
def settings(issuer_folder: Path, migrated_sqlite_url: str, tmp_path: Path) -> Settings:
    """Settings on SQLite alone: what differs between databases, the API's own tests look at."""
    data_dir = tmp_path / "data"
    shutil.copytree(issuer_folder, data_dir)
    return Settings(data_dir=data_dir, database_url=migrated_sqlite_url, background_jobs="", pdf_workers=1)


@pytest.fixture
async def address(app: Litestar) -> AsyncIterator[str]:
    """Where the application is served."""
    async with serving(app) as found:
        yield found


@pytest.fixture
def restarted(container: Container) -> Callable[[int], AbstractAsyncContextManager[str]]:
    """Serve the same business by another application on a port."""
    return lambda port: serving(create_app(container), port)


@pytest.fixture
def connect() -> Callable[[str, Mapping[str, str]], Connecting]:
    """Connect with an address."""
    return speaking


@pytest.fixture
def speak(address: str) -> Speak:
    """Connect as the bearer of some headers."""
    return lambda headers, **how: speaking(address, headers, **how)


@pytest.fixture
def boss_speaks(speak: Speak, admin: dict[str, str], world: Any) -> Callable[[], Connecting]:
    """Connect as the platform's administrator."""
    del world
    return lambda: speak(admin)


@pytest.fixture
def acme_speaks(speak: Speak, headers: Callable[..., dict[str, str]], world: Any) -> Callable[[], Connecting]:
    """Connect as Acme's administrator."""
    return lambda: speak(headers("tenant_admin", tenant_id=world.acme, partner_id=world.operator))


@pytest.fixture
def reseller_speaks(speak: Speak, headers: Callable[..., dict[str, str]], world: Any) -> Callable[[], Connecting]:
    """Connect as the reseller's administrator."""
    return lambda: speak(headers("partner_admin", partner_id=world.reseller))


#: Values that must mean something, by field.
_SAMPLES: dict[str, Any] = {
    "signed_on": "2026-01-02",
    "iban": "NL91ABNA0417164300",
    "country_code": "NL",
    "period": "2026-01",
    "billing_period": "monthly",
    "currency": "EUR",
    "tier": "pro",
    "plan_key": "mail.basic",
    "items": [{"plan": "mail.pro"}],
    "lines": [],
    "until": "2026-12-31",
    "anchor": "2026-01-01",
    "quantity": 1,
    "url": "https://8.8.8.8/hook",
    "topics": ["invoice.*"],
    "since": "2026-01-01T00:00:00Z",
    "events": [
        {
            "idempotency_key": "e1",
            "tenant_id": "tnt_nobody",
            "metric": "messages",
            "quantity": "1",
            "occurred_at": "2026-01-10T10:00:00Z",
        }
    ],
}
_BY_TYPE: dict[str, Any] = {"string": "sample", "integer": 1, "boolean": False, "array": [], "object": {}}


@pytest.fixture(scope="session")
def sample() -> Callable[..., dict[str, Any]]:
    """Make the smallest input of an action, of values that mean nothing in particular, some of them given."""

    def made(action: Any, **given: Any) -> dict[str, Any]:
        schema = action_schema(action)
        needed = [name for name in schema["required"] if name != "action"]
        needed += ["confirm"] if "confirm" in action.extras() else []
        if action.action_name() in {"override", "change_plan", "preview_change"}:
            needed.append("plan_key")
        values = {
            name: True if name == "confirm" else _SAMPLES.get(name, _BY_TYPE.get(_type(schema["properties"][name]), 1))
            for name in needed
        }
        return values | {name: value for name, value in given.items() if name in schema["properties"]}

    return made


def _type(schema: dict[str, Any]) -> str:
    options = schema.get("anyOf", [schema])
    return str(options[0].get("type", "string"))

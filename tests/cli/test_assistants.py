"""``scaicontrol mcp``: the tools over standard input and output, by the official client."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaikey.development import issue_dev_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing.builders import seller_configuration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PROGRAM = [sys.executable, "-c", "from scaicontrol_cli.main import run; run()", "mcp"]
BOSS = Actor.operator("tests")


@pytest.fixture
def environment(tmp_path: Path, migrated_sqlite_url: str) -> dict[str, str]:
    """What the program runs in: a database of this test's own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SCAICONTROL_DATA_DIR": str(tmp_path / "data"),
        "SCAICONTROL_DATABASE_URL": migrated_sqlite_url,
        "SCAICONTROL_LOG_LEVEL": "error",
    }


@pytest.fixture
def settings(environment: Mapping[str, str]) -> Settings:
    """The same, read."""
    return Settings.from_environment(environment)


@pytest.fixture
async def acme(settings: Settings) -> str:
    """The id of a customer."""
    async with Container.from_settings(settings) as container:
        house = NewPartner(name="House", configuration=seller_configuration())
        await container.use(BootstrapOperator)(BOSS, house)
        return (await container.use(CreateTenant)(BOSS, NewTenant(name="Acme"))).id


@asynccontextmanager
async def speaking(environment: Mapping[str, str], *arguments: str) -> AsyncIterator[Client]:
    """Start the program and connect the official client with it."""
    command, *rest = [*PROGRAM, *arguments]
    server = StdioServerParameters(command=command, args=rest, env=dict(environment))
    async with Client(stdio_client(server)) as client:
        yield client


async def _does(client: Client, tool: str, action: str, **fields: Any) -> Any:
    answer = await client.call_tool(tool, {"action": action, **fields})
    assert not answer.is_error, answer.content
    return answer.structured_content["result"]


async def test_the_operator_of_the_machine_may_do_anything(environment: dict[str, str], acme: str) -> None:
    async with speaking(environment) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert {"manage_tenants", "manage_settings", "manage_reports"} <= tools
        assert (await _does(client, "manage_tenants", "get", tenant_id=acme))["name"] == "Acme"
        made = await _does(client, "manage_tenants", "create", name="By hand", idempotency_key="once")
        again = await client.call_tool(
            "manage_tenants", {"action": "create", "name": "By hand", "idempotency_key": "once"}
        )
        assert again.structured_content["result"]["id"] == made["id"]
        history = await _does(client, "manage_events", "list", resource_id=made["id"])
        assert {entry["actor_kind"] for entry in history["items"]} == {"operator"}


async def test_a_token_narrows_it_to_whom_it_stands_for(
    environment: dict[str, str], settings: Settings, acme: str
) -> None:
    token = issue_dev_token(settings, Role.TENANT_ADMIN, tenant_id=acme, partner_id="prt_house")
    async with speaking(environment | {"SCAI_TOKEN": token}) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert "manage_subscriptions" in tools
        assert "manage_webhooks" not in tools
        refused = await client.call_tool("manage_tenants", {"action": "get", "tenant_id": acme})
        assert refused.structured_content["error"]["code"] == "forbidden"
        assert (await _does(client, "manage_subscriptions", "list"))["items"] == []


async def test_a_bad_token_ends_it_in_one_line(environment: dict[str, str], acme: str) -> None:
    del acme
    ended = subprocess.run(  # noqa: ASYNC221  # it ends by itself
        [*PROGRAM, "--token", "nonsense"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("scaicontrol: ")
    assert "Traceback" not in ended.stderr

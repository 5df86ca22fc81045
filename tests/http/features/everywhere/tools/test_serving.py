"""The server at ``/mcp``: who gets in, what is listed, and how it stands between other requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from scaicontrol_adapters.scaikey.development import DevelopmentIssuer
from scaicontrol_adapters.settings import Environment, Settings
from scaicontrol_core.access import Role
from scaicontrol_http.mcp.mounting import allowed_hosts, allowed_origins

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


async def test_an_assistant_lists_tools_and_finds_a_customer_s_subscription(boss_speaks: Any, world: Any) -> None:
    async with boss_speaks() as assistant:
        tools = await assistant.tools()
        assert all(name.startswith("manage_") for name in tools)
        for tool in tools.values():
            Draft202012Validator.check_schema(tool.input_schema)
            Draft202012Validator.check_schema(tool.output_schema)
        found = await assistant.does("manage_subscriptions", "list", tenant_id=world.acme)
        assert [each["id"] for each in found["items"]] == [world.subscription]
        shown = await assistant.does("manage_subscriptions", "get", subscription_id=world.subscription)
        assert shown == found["items"][0]
        assert shown["cancelled_at"] is None, "null is said, and not left out"
        assert assistant.client.server_info.name == "scaicontrol"


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_old_and_new_clients_are_served(speak: Any, admin: dict[str, str], world: Any, mode: str) -> None:
    async with speak(admin, mode=mode) as assistant:
        assert len(await assistant.tools()) > 1
        assert (await assistant.does("manage_tenants", "get", tenant_id=world.acme))["name"] == "Acme"


async def test_nobody_gets_in_without_a_token(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, headers=ACCEPT) as client:
        answer = await client.post("/mcp", json=INITIALIZE)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        challenge = answer.headers["www-authenticate"]
        assert challenge == 'Bearer resource_metadata="http://localhost:8000/.well-known/oauth-protected-resource/mcp"'
        told = (await client.get("/.well-known/oauth-protected-resource/mcp")).json()
        assert told["resource"] == "http://localhost:8000/mcp"
        assert told["authorization_servers"] == ["http://localhost:8000/api/v1/dev"]
        assert (await client.get("/api/v1/subscriptions")).headers["www-authenticate"] == "Bearer"


def _token(settings: Settings, issued: datetime, *, audience: str = "") -> str:
    own = DevelopmentIssuer.from_settings(settings)
    issuer = DevelopmentIssuer(own.issuer, audience or own.audience, own.key_file)
    return issuer.token(Role.SUPER_ADMIN, issued, 60)


async def test_bad_and_expired_tokens_are_refused(address: str, settings: Settings) -> None:
    expired = _token(settings, datetime.now(UTC) - timedelta(hours=1))
    async with httpx.AsyncClient(base_url=address, headers=ACCEPT) as client:
        for token, code in (("nonsense", "token_invalid"), (expired, "token_expired")):
            answer = await client.post("/mcp", json=INITIALIZE, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_requests_stand_alone_and_side_by_side(speak: Any, admin: dict[str, str], acme_speaks: Any) -> None:
    """No session outlives a request, so that any process may answer the next; nobody gets another's answer."""

    async def ask(connect: Callable[[], Any], seen: set[str]) -> None:
        async with connect() as assistant:
            for _ in range(5):
                found = await assistant.does("manage_subscriptions", "list")
                assert {each["tenant_id"] for each in found["items"]} <= seen or not seen

    async with acme_speaks() as acme:
        own = {each["tenant_id"] for each in (await acme.does("manage_subscriptions", "list"))["items"]}
    assert len(own) == 1
    await asyncio.gather(*(ask(acme_speaks, own) for _ in range(4)), *(ask(lambda: speak(admin), set()) for _ in "ab"))


async def test_a_client_goes_on_after_a_restart_of_the_server(
    restarted: Any, connect: Any, admin: dict[str, str], world: Any
) -> None:
    """No session is lost, for there is none: whoever listens at the port answers the next call."""
    async with AsyncExitStack() as stack:
        async with restarted(0) as address:
            port = int(address.rpartition(":")[2])
            assistant = await stack.enter_async_context(connect(address, admin))
            await assistant.does("manage_tenants", "get", tenant_id=world.acme)
        await stack.enter_async_context(restarted(port))
        assert (await assistant.does("manage_tenants", "get", tenant_id=world.acme))["name"] == "Acme"
        await stack.pop_all().aclose()


async def test_no_page_can_lend_the_server_its_own_name(address: str, admin: dict[str, str]) -> None:
    """DNS rebinding: a page's own name is made to point at this machine."""
    async with httpx.AsyncClient(base_url=address, headers=ACCEPT | admin) as client:
        rebound = await client.post("/mcp", json=INITIALIZE, headers={"Host": "evil.example"})
        assert rebound.status_code == 421
        foreign = await client.post("/mcp", json=INITIALIZE, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert (await client.post("/mcp", json=INITIALIZE)).status_code == 200


def test_in_production_the_public_name_alone_is_answered() -> None:
    ours = Settings(env=Environment.PRODUCTION, public_url="https://billing.example", dev_issuer=False)
    assert allowed_hosts(ours) == ["billing.example", "billing.example:443"]
    assert allowed_origins(ours) == ["https://billing.example"]
    assert "localhost" in allowed_hosts(Settings())

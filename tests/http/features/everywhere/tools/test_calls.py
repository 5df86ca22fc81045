"""Calls as such: what is confirmed, what is done once, what is refused and how that reads, and who may what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from scaicontrol_core.kernel.errors import Unavailable
from scaicontrol_http.mcp.action import Effect
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import action_schema

Rows = Callable[[], Awaitable[Mapping[str, int]]]
EACH = [(tool.name, action) for tool in TOOLS for action in tool.actions]


async def test_what_cannot_be_taken_back_needs_a_confirmation(boss_speaks: Any, sample: Any, rows: Rows) -> None:
    ending = [(name, action) for name, action in EACH if action.effect is Effect.ENDS]
    assert len(ending) > 15
    async with boss_speaks() as boss:
        before = await rows()
        for name, action in ending:
            fields = sample(action) | {"confirm": False}
            told = await boss.refused(name, action.action_name(), "confirmation_required", "/confirm", **fields)
            assert "cannot be taken back" in told.message
            del fields["confirm"]
            await boss.refused(name, action.action_name(), "confirmation_required", **fields)
        assert await rows() == before
        tools = await boss.tools()
        for tool in TOOLS:
            hints = tools[tool.name].annotations
            assert hints.destructive_hint is any(action.effect is Effect.ENDS for action in tool.actions)
            assert hints.read_only_hint is all(action.effect is Effect.READS for action in tool.actions)


async def test_a_key_makes_a_repeat_harmless(boss_speaks: Any, acme_speaks: Any, rows: Rows) -> None:
    wish = {"name": "Once", "idempotency_key": "k1"}
    async with boss_speaks() as boss, acme_speaks() as acme:
        first = await boss.call("manage_tenants", "create", **wish)
        before = await rows()
        again = await boss.call("manage_tenants", "create", **wish)
        assert again.structured_content == first.structured_content | {"replayed": True}
        assert "earlier call" in again.content[0].text
        await boss.refused(
            "manage_tenants", "create", "idempotency_key_reused", "/idempotency_key", name="Other", idempotency_key="k1"
        )
        assert await rows() == before
        # Another caller's key is another key.
        await acme.does("manage_subscriptions", "subscribe", plan_key="keys.pro", idempotency_key="k1")
        await boss.refused("manage_tenants", "create", "idempotency_key_malformed", name="X", idempotency_key="\n")


async def test_what_was_refused_keeps_no_key(boss_speaks: Any, world: Any) -> None:
    async with boss_speaks() as boss:
        wish = {"tenant_id": world.bare, "plan_key": "mail.pro", "idempotency_key": "k2"}
        await boss.refused("manage_subscriptions", "create", "billing_profile_required", **wish)
        profile = {"company_name": "Bare", "country_code": "NL"}
        await boss.does("manage_tenants", "set_billing_profile", tenant_id=world.bare, **profile)
        await boss.does("manage_subscriptions", "create", **wish)


async def test_one_of_many_at_once_with_a_key_takes_effect(boss_speaks: Any, world: Any) -> None:
    async def create() -> Any:
        async with boss_speaks() as boss:
            return await boss.call("manage_tenants", "create", name="Crowd", idempotency_key="crowd")

    answers = await asyncio.gather(*(create() for _ in range(6)))
    done = {each.structured_content["result"]["id"] for each in answers if not each.is_error}
    assert len(done) == 1
    refused = {each.structured_content["error"]["code"] for each in answers if each.is_error}
    assert refused <= {"idempotency_in_flight"}
    async with boss_speaks() as boss:
        assert (await boss.does("manage_tenants", "list", search="Crowd"))["total"] == 1


async def test_errors_are_plain_words_with_code_field_and_hint(boss_speaks: Any, world: Any) -> None:
    async with boss_speaks() as boss:
        told = await boss.refused("manage_tenants", "get", "tenant_not_found", tenant_id="tnt_nobody")
        assert told.text.startswith("Not done (tenant_not_found): ")
        told = await boss.refused("manage_tenants", "fly", "action_unknown", "/action")
        assert told.hint is not None
        assert told.hint.startswith("One of: list, get, create")
        told = await boss.refused("manage_tenants", "get", "invalid_body", "/colour", tenant_id="t", colour="red")
        assert told.hint == "get takes: tenant_id."
        told = await boss.refused("manage_subscriptions", "list", "invalid_body", "/status", status="asleep")
        assert told.hint is not None
        assert "trialing" in told.hint
        await boss.refused("manage_tenants", "list", "invalid_body", "/limit", limit=101)
        await boss.refused("manage_tenants", "list", "cursor_invalid", cursor="nonsense")
        stale = {"tenant_id": world.acme, "name": "Acme 2", "expected_version": 99}
        await boss.refused("manage_tenants", "update", "stale_version", **stale)
        answer = await boss.client.call_tool("manage_weather", {"action": "list"})
        assert answer.structured_content["error"]["code"] == "tool_not_found"
        assert (await boss.client.call_tool("manage_tenants", {})).structured_content["error"]["code"] == (
            "action_unknown"
        )


async def test_a_fault_of_ours_shows_nothing_of_us(
    boss_speaks: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with boss_speaks() as boss:

        def broken(_: object) -> object:
            raise RuntimeError("secret-detail in line 7")

        monkeypatch.setattr(type(container), "use", lambda *_: broken)
        told = await boss.refused("manage_services", "list", "internal_error")
        assert "secret-detail" not in told.text
        assert told.hint == "Tell us the request_id."


async def test_nobody_knows_whether_a_lost_commit_took_effect(
    boss_speaks: Any, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key stays in flight: a repeat is told so, and does nothing a second time."""
    async with boss_speaks() as boss:
        wish = {"name": "Lost", "idempotency_key": "lost"}

        def lost(*_: object) -> object:
            raise Unavailable("The line went dead.", code="commit_unknown")

        with monkeypatch.context() as patched:
            patched.setattr(type(container), "use", lambda *_: lost)
            await boss.refused("manage_tenants", "create", "commit_unknown", **wish)
        await boss.refused("manage_tenants", "create", "idempotency_in_flight", **wish)


@pytest.fixture
def callers(headers: Callable[..., dict[str, str]], world: Any) -> dict[str, dict[str, str]]:
    """People of every role."""
    return {
        "super_admin": headers("super_admin"),
        "partner_admin": headers("partner_admin", partner_id=world.reseller),
        "tenant_admin": headers("tenant_admin", tenant_id=world.acme, partner_id=world.operator),
    }


@pytest.mark.parametrize("role", ["super_admin", "partner_admin", "tenant_admin"])
async def test_who_may_what_is_as_over_http(
    speak: Any, callers: Any, client: Any, sample: Any, role: str, operations: Any
) -> None:
    """A tool refuses whom the route refuses, and offers nothing that it would refuse."""
    by_name = {str(operation): operation for operation in operations}
    async with speak(callers[role]) as assistant:
        offered = await assistant.tools()
        for name, action in EACH:
            listed = (
                name in offered and action.action_name() in offered[name].input_schema["properties"]["action"]["enum"]
            )
            answer = await assistant.call(name, action.action_name(), **sample(action))
            code = answer.structured_content["error"]["code"] if answer.is_error else ""
            refused = code == "forbidden" or (code == "tenant_not_found" and "tenant_id" not in action_schema(action))
            if code == "forbidden":
                assert not listed, f"{name} {action.action_name()} is offered to a {role}, and refused"
            elif not listed:
                assert refused, f"{name} {action.action_name()} is not offered to a {role}, and done: {code}"
            for route in action.routes:
                if ("/admin/" in route) is (role == "tenant_admin") or by_name[route].is_public:
                    continue
                operation = by_name[route]
                path = operation.at(**dict.fromkeys(operation.placeholders, "nobody"))
                how = {"json": operation.sample()} if operation.sample() is not None else {}
                query = {"period": "2026-Q1"} if "period" in operation.query else {}
                query |= {"tenant_id": "nobody"} if route == "GET /admin/usage" else {}
                spoken = await client.request(
                    operation.method, f"/api/v1{path}", headers=callers[role], params=query, **how
                )
                if spoken.status_code in {400, 422}:
                    continue  # a body that says nothing is refused before anybody asks who sent it
                assert (spoken.status_code == 403) is (code == "forbidden"), (
                    f"{name} {action.action_name()} as {role}: {code!r}, {route}: {spoken.status_code} {spoken.text}"
                )

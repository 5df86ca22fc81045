"""No parameter of a query is passed over, at any route: a filter that is mistyped must not list everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from httpx import AsyncClient

Rows = Callable[[], Awaitable[Mapping[str, int]]]
PAGING = {"limit", "cursor", "page", "page_size", "sort"}


def _path(operation: Any) -> str:
    found: str = operation.at(**dict.fromkeys(operation.placeholders, "x"))
    return found


def _declared(description: Mapping[str, Any], operation: Any) -> set[str]:
    """Return what the API's description says of a route's query."""
    described = description["paths"][f"/api/v1{operation.path}"][operation.method.lower()]
    return {each["name"] for each in described.get("parameters", []) if each.get("in") == "query"}


@pytest.fixture
async def description(client: AsyncClient) -> Any:
    """The API's description."""
    return (await client.get("/api/v1/openapi.json")).json()


async def test_every_route_refuses_what_it_does_not_know(
    operations: Any, boss: Any, world: Any, description: Any, rows: Rows
) -> None:
    before = await rows()
    assert len(operations) > 40
    for operation in operations:
        how = {"params": {"statuss": "draft"}, "json": operation.sample()}
        wrong = await boss.refused(
            operation.method, _path(operation), 422, "unknown_parameter", "/query/statuss", **how
        )
        known = _declared(description, operation)
        assert wrong["hint"] == (
            f"Known here: {', '.join(sorted(known))}." if known else "This address takes no parameters."
        ), operation
    assert await rows() == before


async def test_every_route_knows_what_its_description_says(operations: Any, boss: Any, description: Any) -> None:
    tried = 0
    for operation in operations:
        for name in _declared(description, operation):
            answer = await boss.send(operation.method, _path(operation), params={name: "1"}, json=operation.sample())
            assert b"_parameter" not in answer.content, f"{operation}?{name}: {answer.text}"
            tried += 1
    assert tried > 60


async def test_every_route_refuses_a_parameter_given_twice(operations: Any, boss: Any, description: Any) -> None:
    for operation in operations:
        for name in _declared(description, operation):
            query = [(name, "1"), (name, "2")]
            pointer = f"/query/{name}"
            await boss.refused("GET", _path(operation), 422, "repeated_parameter", pointer, params=query)


async def test_a_mistyped_filter_lists_nothing(boss: Any, world: Any) -> None:
    wrong = await boss.refused("GET", "/admin/invoices?statuss=draft&b/a~=1&status=draft", 422, "unknown_parameter")
    assert [each["pointer"] for each in wrong["errors"]] == ["/query/b~1a~0", "/query/statuss"]
    assert {"status", "tenant_id", *PAGING} <= set(wrong["hint"].removeprefix("Known here: ")[:-1].split(", "))


async def test_the_token_is_asked_for_first(operations: Any, anybody: Any) -> None:
    for operation in operations:
        if not operation.is_public:
            await anybody.refused(operation.method, _path(operation), 401, "token_missing", params={"x": "1"})


async def test_what_browsers_and_machines_ask_for_takes_anything(client: AsyncClient) -> None:
    root = ("/healthz", "/readyz", "/metrics", "/docs", "/docs/assets/start.js")
    own = ("/openapi.json", "/dev/.well-known/jwks.json", "/dev/.well-known/openid-configuration")
    for path in (*root, *(f"/api/v1{each}" for each in own)):
        assert (await client.get(path, params={"utm_source": "mail"})).status_code == 200, path
    asked = await client.post("/api/v1/dev/oauth/token?audience=x", data={"grant_type": "client_credentials"})
    assert asked.status_code == 200

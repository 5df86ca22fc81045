"""The API's description is right, whole, and readable without the internet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import AsyncClient
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.routes import HTTPRoute
from openapi_spec_validator import OpenAPIV31SpecValidator

from scaicontrol_http.openapi import TAGS

FORM_OF_A_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")


@pytest.fixture
async def description(client: AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    body: dict[str, Any] = answer.json()
    return body


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation) for path, item in description["paths"].items() for method, operation in item.items()
    ]


def resolved(description: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the description."""
    if "$ref" not in part:
        return part
    found: dict[str, Any] = description
    for step in part["$ref"].split("/")[1:]:
        found = found[step]
    return found


async def test_it_is_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


async def test_every_route_of_the_api_is_described(app: Litestar, description: dict[str, Any]) -> None:
    routes = {route.path_format for route in app.routes if isinstance(route, HTTPRoute)}
    api = {path for path in routes if path.startswith("/api/v1/") and "openapi.json" not in path}
    assert api <= description["paths"].keys()


async def test_every_operation_has_a_tag_a_summary_and_a_name_of_its_own(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(description):
        assert operation["tags"], (method, path)
        assert set(operation["tags"]) <= TAGS.keys(), (method, path)
        assert operation["summary"], (method, path)
    assert not [name for name in description["components"]["schemas"] if "." in name]


async def test_every_operation_is_told_in_words(description: dict[str, Any]) -> None:
    for path, method, operation in operations(description):
        assert FORM_OF_A_NAME.fullmatch(operation["operationId"]), (method, path)
        assert len(operation["description"]) > 10, (method, path)
        for parameter in operation["parameters"]:
            told = resolved(description, parameter)
            assert told.get("description"), (method, path, told["name"])
            assert None not in told["schema"].get("enum", ()), (method, path, told["name"])
            assert "null" not in str(told["schema"].get("type")), (method, path, told["name"])
        if operation.get("security") != []:
            assert operation["x-permission"], (method, path)


async def test_every_operation_has_examples_and_they_are_valid(description: dict[str, Any]) -> None:
    checked = 0
    for path, method, operation in operations(description):
        for media in media_of(description, operation):
            if "application/json" not in media:
                continue
            declared = media["application/json"]
            examples = [each["value"] for each in declared.get("examples", {}).values() if "value" in each]
            examples += [declared["example"]] if "example" in declared else []
            assert examples, (method, path)
            schema = {"components": description["components"], **declared["schema"]}
            for example in examples:
                wrong = [each.message for each in Draft202012Validator(schema).iter_errors(example)]
                assert wrong == [], (method, path)
                checked += 1
    assert checked > 150


def media_of(description: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what an operation takes, and what it answers when all is well."""
    yield operation.get("requestBody", {}).get("content", {})
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield resolved(description, response).get("content") or {}


async def test_problems_have_examples_that_are_valid(description: dict[str, Any]) -> None:
    schema = {"components": description["components"], "$ref": "#/components/schemas/Problem"}
    examples = description["components"]["examples"]
    assert len(examples) > 8
    for name, example in examples.items():
        assert name == f"problem_{example['value']['status']}"
        assert list(Draft202012Validator(schema).iter_errors(example["value"])) == []


async def test_headers_are_declared(description: dict[str, Any]) -> None:
    created = description["paths"]["/api/v1/admin/partners"]["post"]["responses"]
    assert {"X-Request-ID", "RateLimit", "RateLimit-Policy", "ETag", "Idempotent-Replayed"} <= created["201"][
        "headers"
    ].keys()
    refused = resolved(description, created["429"])
    assert {"Retry-After", "RateLimit", "X-Request-ID"} <= refused["headers"].keys()
    assert refused["x-codes"] == ["rate_limited"]
    assert "WWW-Authenticate" in resolved(description, created["401"])["headers"]


async def test_errors_are_problems_everywhere(description: dict[str, Any]) -> None:
    for path, method, operation in operations(description):
        for status, declared in operation["responses"].items():
            response = resolved(description, declared)
            if int(status) >= 400 and path != "/readyz":
                assert response["content"].keys() == {"application/problem+json"}, (method, path, status)


async def test_only_public_routes_need_no_token(client: AsyncClient, description: dict[str, Any]) -> None:
    assert description["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, method, operation in operations(description):
        if method == "post" and operation.get("security") == []:
            continue
        answer = await client.request(method, re.sub(r"\{[^}]*\}", "x", path))
        assert (answer.status_code == 401) == (operation.get("security") != []), (method, path)


async def test_keys_and_versions_are_described_where_they_count(description: dict[str, Any]) -> None:
    partners = description["paths"]["/api/v1/admin/partners"]["post"]
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in partners["parameters"]
    partner = description["paths"]["/api/v1/admin/partners/{partner_id}"]["patch"]
    assert {"$ref": "#/components/parameters/IfMatch"} in partner["parameters"]
    assert {"401", "403", "404", "412", "422"} <= partner["responses"].keys()


async def test_the_root_leads_to_a_page_that_needs_nobody_else(client: AsyncClient) -> None:
    root = await client.get("/")
    assert root.status_code in {302, 307}
    page = await client.get(root.headers["location"])
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert references
    assert all(each.startswith("/") and not each.startswith("//") for each in references)
    assert "http" not in page.text.replace("http-equiv", "")
    for each in references:
        assert (await client.get(each)).status_code == 200
    start = await client.get("/docs/assets/start.js")
    assert "/api/v1/openapi.json" in start.text
    assert "http:" not in start.text
    assert (await client.get("/docs/assets/pyproject.toml")).status_code == 404

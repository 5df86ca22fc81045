"""The API's documentation in a browser: every file from this server, and nothing from anywhere else."""

from __future__ import annotations

import re

import pytest
from httpx import AsyncClient


async def test_the_front_door_leads_to_the_documentation(client: AsyncClient) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_the_page_asks_only_this_server_for_what_it_needs(client: AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.headers["content-security-policy"]
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) >= 4
    for address in named:
        assert address.startswith("/"), address
        assert (await client.get(address)).status_code == 200
    assert "//" not in page.text.replace("<!DOCTYPE html>", "")


async def test_no_file_of_the_page_loads_anything_from_elsewhere(client: AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        answer = await client.get(address)
        if answer.headers["content-type"].startswith("text/css"):
            assert re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import", answer.text) == []
        if address.endswith(".js"):
            assert re.findall(r"(?:fetch|importScripts|import)\(\s*['\"`](?:https?:)?//", answer.text) == []
    # Whatever a script may try, the browser refuses.
    policy = dict(
        part.strip().split(" ", 1) for part in (await client.get("/docs")).headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert {name: policy[name] for name in ("script-src", "connect-src")} == {
        "script-src": "'self'",
        "connect-src": "'self'",
    }


async def test_a_token_is_typed_in_and_does_not_stay(client: AsyncClient) -> None:
    described = (await client.get("/api/v1/openapi.json")).json()
    assert described["components"]["securitySchemes"]["bearer"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    assert "persistAuthorization: false" in (await client.get("/docs/assets/start.js")).text


async def test_the_page_shows_the_apis_own_description(client: AsyncClient) -> None:
    started = (await client.get("/docs/assets/start.js")).text
    (address,) = re.findall(r'url: "([^"]+)"', started)
    described = await client.get(address)
    assert described.status_code == 200
    assert described.json()["openapi"].startswith("3.1")


async def test_the_user_interface_is_one_that_knows_openapi_3_1(client: AsyncClient) -> None:
    bundle = (await client.get("/docs/assets/swagger-ui-bundle.js")).text
    assert "SwaggerUIBundle" in bundle
    assert re.search(r'"5\.\d+\.\d+"', bundle)


@pytest.mark.parametrize("name", ["page.html", "..%2Froutes.py", "swagger-editor.js", "%00", "routes.py"])
async def test_no_other_file_is_given_away(client: AsyncClient, name: str) -> None:
    assert (await client.get(f"/docs/assets/{name}")).status_code in {400, 404}

"""Every error is a problem document: a stable code, the field, the request's id, and nothing of ours."""

from __future__ import annotations

from typing import Any, cast

import pytest
from attrs import frozen
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar, get

from scaicontrol_core.kernel import errors
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError
from scaicontrol_http.errors import EXCEPTION_HANDLERS, STATUS

PARTNERS = "/api/v1/admin/partners"


def problem(response: Response, status: int, code: str) -> dict[str, object]:
    """Return the problem document, having checked what all of them have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:scaicontrol:problem:{code}"
    assert body["request_id"] == response.headers["x-request-id"]
    assert {"title", "detail", "errors"} <= body.keys()
    return body


async def test_an_address_nobody_knows(client: AsyncClient) -> None:
    problem(await client.get("/api/v1/no/such/thing"), 404, "not_found")


async def test_a_method_the_address_does_not_know(client: AsyncClient) -> None:
    answer = await client.put(PARTNERS)
    problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("body", ["{bad", "", '{"name": "x"', '"\\ud800"', "{'name': 1}", "NaN", "[" * 5000])
async def test_what_is_no_json(client: AsyncClient, admin: dict[str, str], body: str) -> None:
    answer = await client.post(PARTNERS, content=body, headers=admin | {"Content-Type": "application/json"})
    problem(answer, 400 if body else 422, "malformed_json" if body else "invalid_body")


async def test_what_is_no_utf8(client: AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.post(PARTNERS, content=b'{"name": "\xff"}', headers=admin)
    problem(answer, 400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": 3}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "x", "nmae": 1}, "/nmae"),
        ({"name": "x", "a/b~c": 1}, "/a~1b~0c"),
        ({"name": "x", "commission_rate": "10"}, "/commission_rate"),
        ({"name": "x", "allowed_plans": ["a", 2]}, "/allowed_plans/1"),
        ([], ""),
        (None, ""),
    ],
)
async def test_a_body_of_another_shape(client: AsyncClient, admin: dict[str, str], body: object, pointer: str) -> None:
    wrong = problem(await client.post(PARTNERS, json=body, headers=admin), 422, "invalid_body")
    assert [each["pointer"] for each in wrong["errors"]] == [pointer]  # type: ignore[attr-defined]
    assert (await client.get(PARTNERS, headers=admin)).json()["total"] == 0


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
async def test_a_body_in_another_format(client: AsyncClient, admin: dict[str, str], media_type: str) -> None:
    answer = await client.post(PARTNERS, content="name=x", headers=admin | {"Content-Type": media_type})
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=many", "/limit"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("page=0", "/page"),
        ("page=1000001", "/page"),
        ("page=9223372036854775807&limit=200", "/page"),
        ("limit=99999999999999999999", "/limit"),
        ("page=1&cursor=x", "/page"),
        ("limit=1&page_size=2", "/page_size"),
        ("cursor=not-one-of-ours", "/cursor"),
        ("sort=password", "/sort"),
        ("is_active=perhaps", "/is_active"),
    ],
)
async def test_a_query_that_makes_no_sense(
    client: AsyncClient, admin: dict[str, str], query: str, pointer: str
) -> None:
    answer = await client.get(f"/api/v1/admin/tenants?{query}", headers=admin)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_version_that_is_none_of_ours(client: AsyncClient, admin: dict[str, str]) -> None:
    answer = await client.patch(f"{PARTNERS}/prt_1", json={}, headers=admin | {"If-Match": "three"})
    problem(answer, 400, "if_match_malformed")


async def test_what_is_not_there(client: AsyncClient, admin: dict[str, str]) -> None:
    problem(await client.get(f"{PARTNERS}/prt_nobody", headers=admin), 404, "partner_not_found")


@frozen
class Raised:
    """An application that raises one error."""

    error: Exception

    async def answer(self) -> Response:
        """Ask it."""

        @get("/")
        async def fail() -> None:
            raise self.error

        app = Litestar([fail], exception_handlers=EXCEPTION_HANDLERS, openapi_config=None, logging_config=None)
        async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://server") as client:
            return await client.get("/")


@pytest.mark.parametrize("kind", ErrorKind)
async def test_every_kind_of_error_has_its_status(kind: ErrorKind) -> None:
    error = ScaiControlError("No.", code="some_code", fields=[errors.FieldError("/a/0", "wrong")], hint="Do b.")
    error.kind = kind
    answer = await Raised(error).answer()
    assert answer.status_code == STATUS[kind]
    body = answer.json()
    assert body["code"] == "some_code"
    assert body["errors"] == [{"pointer": "/a/0", "message": "wrong"}]
    assert body["hint"] == "Do b."
    assert ("retry-after" in answer.headers) == (answer.status_code in {429, 503})
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


async def test_a_fault_of_ours_tells_nothing() -> None:
    answer = await Raised(RuntimeError("SELECT secret FROM customers")).answer()
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text

"""Bad input at every route: the right status, a stable code, the field, nothing written, and never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from scaicontrol_core.kernel.paging import encode_cursor

Rows = Callable[[], Awaitable[Mapping[str, int]]]
#: No field of ours takes a number with a fraction: amounts are whole cents, decimals are texts.
OF_NO_TYPE = 7.5
STRANGE_IDS = ("%00", "inv_%F0%9F%92%A9", "'%20OR%201=1--", "..%2F..%2Fetc", "x" * 3000, "%FF%FE", "Null")
STRANGE_TEXTS = ("", " ", "\x00", "\ud800", "￿", "x" * 100_000, "٣", "-1", "1e400", "🎈")
SHAPES: tuple[object, ...] = ([], "text", 3)
STRANGE_NUMBERS = (-1, 0, 10**30, -(10**30), True)


def _path(operation: Any, filled: Mapping[str, str]) -> str:
    found: str = operation.at(**{name: {**filled, **_there(operation)}[name] for name in operation.placeholders})
    return found


def _there(operation: Any) -> dict[str, str]:
    """Return what is in the catalogue, for who reads of it; who writes makes another plan of the service."""
    if not operation.path.endswith("/history"):
        return {}
    return {"plan": "pro"} | ({"slug": "office"} if "/packs/" in operation.path else {})


def _with_body(operations: Any, filled: Mapping[str, str]) -> Iterator[tuple[Any, str]]:
    for operation in operations:
        if operation.body is not None:
            yield operation, _path(operation, filled)


async def test_bodies_that_are_no_json(operations: Any, boss: Any, filled: Any, rows: Rows) -> None:
    before = await rows()
    for operation, path in _with_body(operations, filled):
        for body in (b"{", b'{"a": 1', b"\xff\xfe", b"'x'", b'{"name": "x",}'):
            await boss.refused(operation.method, path, 400, "malformed_json", content=body)
    assert await rows() == before


async def test_bodies_of_another_shape(operations: Any, boss: Any, filled: Any, rows: Rows) -> None:
    before = await rows()
    for operation, path in _with_body(operations, filled):
        for body in SHAPES:
            await boss.refused(operation.method, path, 422, "invalid_body", json=body)
        unknown = {**operation.sample(), "no_such_field": 1}
        await boss.refused(operation.method, path, 422, "invalid_body", "/no_such_field", json=unknown)
    assert await rows() == before


async def test_every_field_refuses_another_type(operations: Any, boss: Any, filled: Any, rows: Rows) -> None:
    before = await rows()
    tried = 0
    for operation, path in _with_body(operations, filled):
        for field in operation.fields():
            body = {**operation.sample(), field.encode_name: OF_NO_TYPE}
            pointer = f"/{field.encode_name}"
            await boss.refused(operation.method, path, 422, "invalid_body", pointer, json=body)
            tried += 1
    assert tried > 100
    assert await rows() == before


async def test_every_required_field_is_missed(operations: Any, boss: Any, filled: Any, rows: Rows) -> None:
    before = await rows()
    for operation, path in _with_body(operations, filled):
        for field in operation.fields():
            if field.required:
                body = {name: value for name, value in operation.sample().items() if name != field.encode_name}
                pointer = f"/{field.encode_name}"
                await boss.refused(operation.method, path, 422, "invalid_body", pointer, json=body)
    assert await rows() == before


# On the stricter of the two databases alone: thousands of requests.
@pytest.mark.parametrize("settings", [pytest.param("mariadb", marks=pytest.mark.services)], indirect=True)
async def test_strange_values_in_every_field_are_no_fault_of_ours(operations: Any, boss: Any, filled: Any) -> None:
    for operation, path in _with_body(operations, filled):
        for field in operation.fields():
            for value in (*STRANGE_TEXTS, *STRANGE_NUMBERS, date.min.isoformat(), date.max.isoformat()):
                body = json.dumps({**operation.sample(), field.encode_name: value})
                answer = await boss.send(operation.method, path, content=body)
                assert answer.status_code < 500, (
                    f"{operation} with {field.encode_name}={str(value)[:40]!r}: {answer.text}"
                )


async def test_strange_ids_are_not_there(operations: Any, boss: Any, filled: Any, rows: Rows) -> None:
    before = await rows()
    for operation in operations:
        for name in operation.placeholders:
            for strange in STRANGE_IDS:
                path = operation.at(**{each: filled[each] for each in operation.placeholders} | {name: strange})
                answer = await boss.send(operation.method, path, json=operation.sample())
                assert answer.status_code in {400, 404, 405, 422}, f"{operation} {strange[:20]}: {answer.text}"
                assert answer.headers["content-type"] == "application/problem+json"
    assert await rows() == before


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": "0"}, "/limit"),
        ({"limit": "201"}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"limit": "9" * 40}, "/limit"),
        ({"page": "0"}, "/page"),
        ({"page": "1", "cursor": encode_cursor("a", "b")}, "/page"),
        ({"limit": "1", "page_size": "2"}, "/page_size"),
        ({"sort": "luck"}, "/sort"),
        ({"sort": ""}, "/sort"),
    ],
)
async def test_every_list_refuses_a_part_that_cannot_be(
    operations: Any, boss: Any, acme: Any, filled: Any, query: dict[str, str], pointer: str
) -> None:
    lists = [each for each in operations if "page" in each.handler.parsed_fn_signature.parameters]
    assert len(lists) > 10
    for operation in lists:
        caller = boss if "/admin" in operation.path or operation.is_public else acme
        answer = await caller.send("GET", _path(operation, filled), params=query)
        assert answer.status_code == 422, f"{operation} {query}: {answer.text}"
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_every_list_refuses_a_cursor_of_no_list(operations: Any, boss: Any, acme: Any, filled: Any) -> None:
    for operation in operations:
        if "page" not in operation.handler.parsed_fn_signature.parameters:
            continue
        caller = boss if "/admin" in operation.path or operation.is_public else acme
        for cursor in ("junk", "%%%", encode_cursor("one"), encode_cursor("a", "b", "c"), "é" * 20, "A" * 5000):
            answer = await caller.send("GET", _path(operation, filled), params={"cursor": cursor})
            assert answer.status_code == 422, f"{operation} {cursor[:20]}: {answer.text}"
            assert answer.json()["code"] == "cursor_invalid"


async def test_parameters_of_the_wrong_type(boss: Any, world: Any) -> None:
    await boss.refused("GET", "/admin/tenants?is_active=perhaps", 422, "invalid_query", "/is_active")
    await boss.refused("GET", "/admin/audit-log?since=yesterday", 422, "invalid_query", "/since")
    await boss.refused("GET", "/admin/audit-log?since=0.5", 422, "invalid_query", "/since")
    await boss.refused("GET", "/admin/audit-log?until=null", 422, "invalid_query", "/until")
    await boss.refused("GET", "/admin/tenants?is_active=null", 422, "invalid_query", "/is_active")
    await boss.refused("GET", "/admin/reports/ageing?as_of=Null", 422, "invalid_query", "/as_of")
    await boss.refused("GET", "/admin/invoices?document_type=letter", 422, "choice_unknown", "/document_type")


async def test_five_megabytes_are_too_much(operations: Any, boss: Any, filled: Any, rows: Rows) -> None:
    before = await rows()
    body = json.dumps({"name": "x" * 5_000_000}).encode()
    for operation, path in _with_body(operations, filled):
        await boss.refused(operation.method, path, 413, "body_too_large", content=body)
    assert await rows() == before


async def test_a_body_as_large_as_allowed_is_read(boss: Any, world: Any) -> None:
    lines = [{"description": "x" * 800, "unit_price_cents": 1}] * 1000
    made = await boss.post("/admin/invoices", {"tenant_id": world.acme, "lines": lines}, status=201)
    assert made["net_cents"] == 1000
    too_many = {"tenant_id": world.acme, "lines": [{"description": "x", "unit_price_cents": 1}] * 1001}
    await boss.refused("POST", "/admin/invoices", 422, "too_many_lines", "/lines", json=too_many)

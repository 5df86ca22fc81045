"""Nobody overwrites what they have not seen: every route that edits takes ``If-Match``, every resource has its ETag.

A new writing route is covered by itself, or fails here until it is said what it edits, or that it edits nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from scaicontrol_http.editing import APART, EDITS, edited_at

Rows = Callable[[], Awaitable[Mapping[str, int]]]
STALE = {"If-Match": '"999999"'}
#: Writing routes below an id that edit no resource with a version, and why.
NO_EDIT = {
    "POST /admin/sends/{send_id}/retry": "what was sent is no document to edit; a repeat is refused by its state",
    "POST /admin/webhook-deliveries/{delivery_id}/replay": "a new delivery; the old one stays as it is",
    "POST /admin/calls/{use_case}": "the command line's own; it says in its arguments what it has seen",
    "POST /packs/{slug}/subscribe": "a new subscription; the pack stays as it is",
    "POST /admin/registry/services/{slug}/plans": "a new plan; the service stays as it is",
}
_MONTHLY = {"billing_period": "monthly", "currency": "EUR"}
_ITEMS = [{"plan": "mail.pro"}, {"plan": "keys.pro"}]
#: Bodies that are taken, where the smallest one is not.
BODIES: dict[str, Any] = {
    "/admin/packs/{slug}": {"name": "Office", "items": _ITEMS} | _MONTHLY,
    "/anchor": {"anchor": "2026-02-01"},
    "/line-items/order": {"line_ids": ["lin_1"]},
    "/credit-note": {"reason": "Wrong"},
    "/services/{slug}/plans": {"slug": "basic", "name": "Basic", "tier": "pro", "base_price_cents": 1} | _MONTHLY,
    "/extend-trial": {"until": "2026-12-31"},
}


def _writes(operations: Any) -> list[Any]:
    return [each for each in operations if each.method != "GET" and each.placeholders]


def _conditional(operation: Any) -> bool:
    return EDITS in operation.handler.opt or "expected_version" in operation.handler.parsed_fn_signature.parameters


def _body(operation: Any) -> Any:
    return next((body for end, body in BODIES.items() if operation.path.endswith(end)), operation.sample())


@pytest.fixture
def edits(
    operations: Any, filled: Mapping[str, str], world: Any, boss: Any, acme: Any, packed: Any
) -> list[tuple[Any, str, Any]]:
    """Return every route that edits, with its path filled in, and who may."""
    found = []
    for operation in _writes(operations):
        if _conditional(operation):
            own = packed if operation.path.startswith("/pack-subscriptions") else acme
            caller = boss if "/admin" in operation.path else own
            values = {name: filled[name] for name in operation.placeholders} | _named(operation)
            values |= {"invoice_id": world.invoice} if operation.path.endswith("/regenerate-pdf") else {}
            path = operation.at(**values)
            found.append((operation, path, caller))
    return found


def _named(operation: Any) -> dict[str, str]:
    """Return what the catalogue calls what is there."""
    if operation.path.startswith("/admin/packs/{slug}"):
        return {"slug": "office"}
    return {"plan": "basic"} if "plan" in operation.placeholders else {}


def test_every_writing_route_says_what_it_edits(operations: Any) -> None:
    for operation in _writes(operations):
        apart = operation.path in APART or str(operation) in NO_EDIT
        assert _conditional(operation) != apart, f"{operation}: say what it edits (editing.py), or here why nothing"


def test_nothing_is_said_of_routes_that_are_gone(operations: Any) -> None:
    known = {str(each) for each in operations}
    assert set(NO_EDIT) <= known
    assert set(APART) <= {each.path for each in operations}
    assert edited_at("/admin/invoices/{invoice_id}/finalize") is not None
    assert edited_at("/admin/invoices") is None


async def test_an_old_version_is_refused_and_nothing_is_written(edits: Any, rows: Rows) -> None:
    before = await rows()
    assert len(edits) > 40
    for operation, path, caller in edits:
        answer = await caller.send(operation.method, path, json=_body(operation), headers=STALE)
        if answer.status_code == 503 and answer.json()["code"] == "register_off":
            continue  # said before anything is looked at
        assert (answer.status_code, answer.json().get("code")) == (412, "stale_version"), f"{operation}: {answer.text}"
        assert answer.headers["etag"].startswith('"'), operation
        assert answer.headers["etag"] != STALE["If-Match"]
    assert await rows() == before


async def test_a_tag_that_is_none_of_ours_is_refused(edits: Any, rows: Rows) -> None:
    before = await rows()
    for operation, path, caller in edits:
        how = {"json": _body(operation), "headers": {"If-Match": "3"}}
        await caller.refused(operation.method, path, 400, "if_match_malformed", **how)
    assert await rows() == before


async def test_any_version_or_the_present_one_passes(edits: Any) -> None:
    for operation, path, caller in edits:
        probe = await caller.send(operation.method, path, json=_body(operation), headers=STALE)
        present = probe.headers.get("etag", "*")
        for tag in (present, "*"):
            answer = await caller.send(operation.method, path, json=_body(operation), headers={"If-Match": tag})
            assert answer.status_code < 500 or b"register_off" in answer.content, f"{operation}: {answer.text}"
            if tag == "*" or answer.status_code < 300:
                assert answer.status_code != 412, f"{operation} {tag}: {answer.text}"


async def test_what_is_read_has_a_tag_and_is_not_sent_twice(
    operations: Any, filled: Mapping[str, str], world: Any, boss: Any, acme: Any, packed: Any
) -> None:
    """Every address whose resource is edited there or below it."""
    seen = 0
    for operation in operations:
        is_list = "page" in operation.handler.parsed_fn_signature.parameters
        if operation.method != "GET" or is_list or operation.path not in _edited(operations):
            continue
        own = packed if operation.path.startswith("/pack-subscriptions") else acme
        caller = boss if "/admin" in operation.path else own
        values = {name: filled[name] for name in operation.placeholders} | _named(operation)
        if operation.path.startswith("/billing/"):
            values |= {"invoice_id": world.invoice}
        path = operation.at(**values)
        first = await caller.send("GET", path)
        assert first.status_code == 200, f"{operation}: {first.text}"
        tag = first.headers["etag"]
        again = await caller.send("GET", path, headers={"If-None-Match": f'"0", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), operation
        assert "content-type" not in again.headers
        other = await caller.send("GET", path, headers={"If-None-Match": '"0"'})
        assert (other.status_code, other.content) == (200, first.content), operation
        head = await caller.send("HEAD", path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag), operation
        assert head.headers["content-length"] == first.headers["content-length"]
        seen += 1
    assert seen >= 10


def _edited(operations: Any) -> set[str]:
    """Return the addresses that are GET, and edited by another method or below."""
    reads = {each.path for each in operations if each.method == "GET"}
    writes = {each.path for each in _writes(operations) if _conditional(each)}
    writes |= {each.path for each in operations if each.method == "PUT" and _conditional(each)}
    whole = {path for path in reads if path.rpartition("/")[2].startswith("{") or path in writes}
    return {path for path in whole if path in writes or any(each.startswith(f"{path}/") for each in writes)}


async def test_what_is_shown_beside_an_invoice_is_part_of_its_tag(boss: Any, world: Any) -> None:
    path = f"/admin/invoices/{world.invoice}"
    await boss.post(f"{path}/send", {"to": ["a@example.com"]}, status=202)
    before = (await boss.send("GET", path)).headers["etag"]
    await boss.post(f"{path}/send", {"to": ["buyer@example.com"]}, status=202)
    after = await boss.send("GET", path, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before
    seen = {"If-Match": after.headers["etag"]}
    assert (await boss.send("POST", f"{path}/send", json={"to": ["b@example.com"]}, headers=seen)).status_code == 202

"""Every list, however it is sorted: by cursor and by page it is the same whole, whatever others add meanwhile.

A new list is covered by itself, or fails here until its rows are grown or it is said why it stays short.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scaicontrol_core.kernel.paging import Sorting
from scaicontrol_http.sorting import SORTING

#: Lists that do not grow here, and why.
SHORT = {
    "/admin/billing/vat-corrections": "needs years of unproven VAT numbers; its parts are the kernel's own",
}
#: Rows of a history are of its one thing, and few things live long here.
_HISTORIES = "/history"
#: Lists that are always whole, and why.
WHOLE = {
    "/admin/reports/numbering-audit": "a report: each series is walked to say whether it is intact",
    "/admin/tenants/{tenant_id}/balances": "one per seller and currency",
    "/billing/balances": "one per seller and currency",
    "/admin/tenants/{tenant_id}/payment-methods": "at most a hundred, bank transfer first",
    "/billing/payment-methods": "at most a hundred, bank transfer first",
    "/admin/webhook-topics": "the catalogue of events, as the release has it",
    "/admin/usage": "one per metric of what a tenant subscribes to",
    "/usage": "one per metric of what a tenant subscribes to",
    "/entitlements": "one per service that a tenant subscribes to",
}


def _sorting(operation: Any) -> Sorting:
    found = operation.handler.opt.get(SORTING)
    assert isinstance(found, Sorting), f"{operation}: say in its opt what it can be sorted by"
    return found


def _sorts(operation: Any) -> Sequence[str]:
    return _sorting(operation).choices


async def _walk(caller: Any, path: str, sort: str, limit: int, cursor: str | None = None) -> list[Any]:
    found: list[Any] = []
    while True:
        query = {"sort": sort, "limit": limit} | ({"cursor": cursor} if cursor else {})
        part = await caller.get(path, **query)
        found += part["items"]
        cursor = part["next_cursor"]
        if cursor is None:
            return found
        assert len(part["items"]) == limit


async def _leaf(caller: Any, path: str, sort: str, size: int) -> list[Any]:
    found: list[Any] = []
    for number in range(1, 1000):
        part = await caller.get(path, sort=sort, page=number, page_size=size)
        found += part["items"]
        if part["next_cursor"] is None:
            break
    return found


def test_every_list_has_one_shape(operations: Any) -> None:
    for operation in operations:
        answer = str(operation.handler.parsed_fn_signature.return_type.annotation)
        if operation.method == "GET" and "Listing[" in answer and operation.path not in WHOLE:
            assert "page" in operation.handler.parsed_fn_signature.parameters, f"{operation}: its parts, or why not"
        if operation.method == "GET" and "page" in operation.handler.parsed_fn_signature.parameters:
            assert "Listing[" in answer, operation


# Pages on SQLite are those of the contracts; here it is every list, once.
@pytest.mark.parametrize("settings", [pytest.param("mariadb", marks=pytest.mark.services)], indirect=True)
async def test_by_cursor_and_by_page_a_list_is_the_same_whole(readers: Any, grow: Any) -> None:
    await grow(9)
    for operation, path, caller in readers:
        there: dict[str, list[Any]] = {}
        for sort in _sorts(operation):
            items, where = await _walk(caller, path, sort, 200), f"{operation} {sort}"
            assert (await caller.get(path, sort=sort))["total"] == len(items), where
            if operation.path not in SHORT and not operation.path.endswith(_HISTORIES):
                assert len(items) > 6, f"{where}: grow it, or say why it is short"
            size = max(1, len(items) // 3)
            assert await _walk(caller, path, sort, size) == items, where
            assert await _leaf(caller, path, sort, size) == items, where
            there[sort] = items
        for name in _sorting(operation).by:
            assert there[f"-{name}"] == there[name][::-1], f"{operation} {name}: ties are broken the same way round"


@pytest.mark.parametrize("settings", [pytest.param("mariadb", marks=pytest.mark.services)], indirect=True)
async def test_what_was_there_throughout_is_seen_once_though_others_add(readers: Any, grow: Any) -> None:
    await grow(5)
    begun = []
    for operation, path, caller in readers:
        for sort in _sorts(operation):
            whole = await _walk(caller, path, sort, 200)
            first = await caller.get(path, sort=sort, limit=2)
            begun.append((f"{operation} {sort}", path, caller, sort, whole, first))
    # Whose sort key is changed meanwhile, moves: that is no fault of the list.
    await grow(3, edits=False)
    for where, path, caller, sort, whole, first in begun:
        seen = list(first["items"])
        if first["next_cursor"] is not None:
            seen += await _walk(caller, path, sort, 2, first["next_cursor"])
        ids = [_name(each) for each in seen]
        assert len(ids) == len(set(ids)), where
        known = [_name(each) for each in whole]
        assert [name for name in ids if name in set(known)] == known, where


def _name(item: dict[str, Any]) -> str:
    names = ("id", "plan_key", "slug", "revision", "version", "invoice_id", "name")
    return str(next(item[name] for name in names if item.get(name) is not None))


@pytest.mark.parametrize("backward", [True, False])
async def test_a_cursor_of_another_order_or_list_is_refused(readers: Any, grow: Any, *, backward: bool) -> None:
    await grow(2)
    cursors: dict[str, str] = {}
    for operation, path, caller in readers:
        first, *others = _sorts(operation)[::-1] if backward else _sorts(operation)
        part = await caller.get(path, sort=first, limit=1)
        if part["next_cursor"] is None:
            continue
        for other in others:
            query = {"sort": other, "cursor": part["next_cursor"]}
            await caller.refused("GET", path, 422, "cursor_invalid", "/cursor", params=query)
        for elsewhere, cursor in cursors.items():
            if elsewhere != path and _sorting(operation).name not in elsewhere:
                query = {"sort": first, "cursor": cursor}
                await caller.refused("GET", path, 422, "cursor_invalid", "/cursor", params=query)
        cursors[path] = part["next_cursor"]


async def test_a_cursor_of_another_filter_is_refused(boss: Any, grow: Any, world: Any) -> None:
    await grow(2)
    for path, query in (
        ("/admin/invoices", {"tenant_id": world.acme}),
        ("/admin/subscriptions", {"status": "active"}),
        ("/admin/tenants", {"is_active": True}),
        ("/admin/payments", {"invoice_id": world.invoice}),
        ("/admin/audit-log", {"resource_type": "invoice"}),
    ):
        cursor = (await boss.get(path, limit=1, **query))["next_cursor"]
        assert (await boss.get(path, limit=1, cursor=cursor, **query))["items"]
        await boss.refused("GET", path, 422, "cursor_invalid", "/cursor", params={"cursor": cursor})


async def test_the_description_names_the_sorts(readers: Any, client: Any) -> None:
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
    for operation, path, caller in readers:
        parameters = paths[f"/api/v1{operation.path}"]["get"]["parameters"]
        described = next(each["schema"] for each in parameters if each["name"] == "sort")
        assert described["enum"] == list(_sorts(operation)), operation
        assert described["default"] == _sorting(operation).default
        wrong = await caller.refused("GET", path, 422, "sort_unknown", "/sort", params={"sort": "luck"})
        assert all(sort in wrong["detail"] for sort in described["enum"]), wrong

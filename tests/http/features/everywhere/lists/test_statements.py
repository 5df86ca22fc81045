"""No N+1: whatever is read, a longer list costs no more statements than a short one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from scaicontrol_adapters.container import Container

#: What must be said beside the path for there to be an answer.
NEEDED = {
    "/einvoice": {"format": "ubl"},
    "/admin/usage": {"tenant_id": "{acme}"},
    "/reports/vat": {"period": "2026-Q1"},
    "/reports/oss": {"period": "2026-Q1"},
    "/reports/ec-sales-list": {"period": "2026-Q1"},
}
#: Answers that are made of files or by a renderer: their first reading makes what the next one finds.
MADE_ONCE = ("/pdf", "/einvoice")
#: What is kept for a moment, so that a repeat may need no statement at all.
KEPT = ("/entitlements",)
EXPANDED = ("/admin/registry/services", {"expand": "plans"})


@contextmanager
def _statements(container: Container) -> Iterator[list[str]]:
    assert container.database is not None
    engines = {container.database.reader.sync_engine, container.database.writer.sync_engine}
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def readings(
    operations: Any, path_of: Any, there: Mapping[str, str], world: Any, boss: Any, acme: Any, anybody: Any
) -> list[tuple[str, str, dict[str, str], Any]]:
    """Return every GET, with its path and query, and who may make it."""
    found = []
    for operation in operations:
        if operation.method != "GET" or operation.path.endswith(MADE_ONCE):
            continue
        path = path_of(operation, there)
        query = next((needed for end, needed in NEEDED.items() if operation.path.endswith(end)), {})
        query = {name: value.format(acme=world.acme) for name, value in query.items()}
        caller = boss if "/admin" in operation.path else anybody if operation.is_public else acme
        found.append((str(operation), path, query, caller))
    return [*found, ("GET expanded", *EXPANDED, boss)]


async def _count(container: Container, readings: Any) -> dict[str, list[str]]:
    counted = {}
    for name, path, query, caller in readings:
        with _statements(container) as seen:
            answer = await caller.send("GET", path, params=query)
        # Some things are not there, and some are not for whoever asks: a refusal costs nothing either.
        assert answer.status_code < 500, f"{name}: {answer.text}"
        counted[name] = seen
    return counted


async def test_a_longer_list_costs_no_more_statements(container: Container, readings: Any, grow: Any) -> None:
    await grow(1)
    before = await _count(container, readings)
    await grow(11)
    after = await _count(container, readings)
    for name, few in before.items():
        many = after[name]
        same = len(many) <= len(few) if name.endswith(KEPT) else len(many) == len(few)
        assert same, f"{name}: {len(few)} statements, then {len(many)}: {many[len(few) :]}"
    assert len(before) > 60

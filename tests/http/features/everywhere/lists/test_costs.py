"""A deep part of a list costs MariaDB what its first costs, counted in rows that it reads and not in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import event, text

from scaicontrol_adapters.container import Container

#: Rows added to each table, each a copy of one that is there.
MANY = 4000
LIMIT = 20
#: A part reads its keys, one more, and the rows of these; nothing that grows with the list.
AT_MOST = 5 * (LIMIT + 1)
#: How a copy differs: keys stay unique, and the sorted columns spread.
_COPIES: Mapping[str, Mapping[str, str]] = {
    "invoices": {
        "id": "CONCAT(LEFT(id, 20), LPAD(i, 6, '0'))",
        "number": "CONCAT(number, '-', i)",
        "order_number": "CONCAT(order_number, '-', LPAD(i, 6, '0'))",
        "sequence": "sequence + 10 + i",
        "created_at": "created_at + INTERVAL i SECOND",
        "order_date": "order_date + INTERVAL MOD(i, 300) DAY",
    },
    "payments": {
        "id": "CONCAT(LEFT(id, 20), LPAD(i, 6, '0'))",
        "idempotency_key": "NULL",
        "reference": "NULL",
        "created_at": "created_at + INTERVAL i SECOND",
        "received_on": "received_on + INTERVAL MOD(i, 300) DAY",
    },
    "subscriptions": {
        "id": "CONCAT(LEFT(id, 20), LPAD(i, 6, '0'))",
        "exclusive_key": "NULL",
        "created_at": "created_at + INTERVAL i SECOND",
    },
    "tenants": {
        "id": "CONCAT(LEFT(id, 20), LPAD(i, 6, '0'))",
        "external_reference": "NULL",
        "name": "CONCAT(name, ' ', LPAD(i, 6, '0'))",
        "created_at": "created_at + INTERVAL i SECOND",
    },
}
_WALKS: tuple[tuple[str, Mapping[str, str], tuple[str, ...]], ...] = (
    ("/admin/invoices", {}, ("created_at", "-created_at", "issue_date", "-number")),
    ("/admin/invoices", {"tenant_id": "{acme}"}, ("-created_at",)),
    ("/admin/invoices", {"seller_id": "{operator}"}, ("-created_at",)),
    ("/admin/invoices", {"status": "finalized"}, ("-created_at",)),
    ("/admin/payments", {}, ("-created_at", "received_on")),
    ("/admin/payments", {"tenant_id": "{theirs}"}, ("-created_at",)),
    ("/admin/subscriptions", {}, ("-created_at", "status")),
    ("/admin/subscriptions", {"tenant_id": "{acme}"}, ("-created_at",)),
    ("/admin/tenants", {}, ("created_at", "-name")),
    ("/admin/tenants", {"partner_id": "{operator}"}, ("created_at", "name")),
)


async def _multiply(container: Container, world: Any) -> None:
    """Copy one row of each table many times: for the planner to have something to plan for."""
    one = {"invoices": world.invoice, "subscriptions": world.subscription, "tenants": world.acme}
    assert container.database is not None
    async with container.database.writer.begin() as connection:
        await connection.execute(text("SET SESSION foreign_key_checks = 0, max_recursive_iterations = 100000"))
        for table, changed in _COPIES.items():
            described = await connection.execute(text(f"SHOW COLUMNS FROM {table}"))
            names = [row[0] for row in described if "GENERATED" not in row[5].upper()]
            taken = ", ".join(changed.get(name, name) for name in names)
            which = f"id = '{one[table]}'" if table in one else "kind = 'payment' LIMIT 1"
            # Only names of our own schema are put together here.
            rows = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"  # noqa: S608
            source = f"{rows} SELECT {taken} FROM n, (SELECT * FROM {table} WHERE {which}) AS one"  # noqa: S608
            await connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) {source}"))
        await connection.execute(text(f"ANALYZE TABLE {', '.join(_COPIES)}"))


async def _rows_read(container: Container, caller: Any, path: str, query: Mapping[str, Any]) -> int:
    """Return how many rows the statement that reads the part itself made the server read."""
    assert container.database is not None
    engine, asked = container.database.reader.sync_engine, list[tuple[str, Any]]()

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    part = await caller.get(path, **query)
    event.remove(engine, "before_cursor_execute", note)
    assert len(part["items"]) == LIMIT
    statement, parameters = next(each for each in asked if " LIMIT " in each[0])
    async with container.database.reader.connect() as connection:
        await connection.exec_driver_sql("FLUSH STATUS")
        await connection.exec_driver_sql(statement, parameters)
        counted = (await connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")).mappings().all()
        return sum(int(row["Value"]) for row in counted if row["Variable_name"] != "Handler_read_retry")


@pytest.mark.parametrize("settings", [pytest.param("mariadb", marks=pytest.mark.services)], indirect=True)
async def test_a_deep_part_reads_no_more_rows_than_the_first(
    container: Container, boss: Any, world: Any, their_payment: str
) -> None:
    await _multiply(container, world)
    told = {}
    for path, narrowed, sorts in _WALKS:
        query = {name: value.format(**_ids(world)) for name, value in narrowed.items()}
        for sort in sorts:
            asked = {**query, "sort": sort, "limit": LIMIT}
            deep = await boss.get(path, **asked, page=MANY // LIMIT // 2)
            first = await _rows_read(container, boss, path, asked)
            behind = await _rows_read(container, boss, path, asked | {"cursor": deep["next_cursor"]})
            told[f"{path} {narrowed} {sort}"] = (first, behind)
    dear = {name: read for name, read in told.items() if max(read) > AT_MOST}
    assert not dear, dear


def _ids(world: Any) -> dict[str, str]:
    return {name: getattr(world, name) for name in ("acme", "operator", "theirs")}


@pytest.mark.parametrize("settings", [pytest.param("mariadb", marks=pytest.mark.services)], indirect=True)
async def test_a_numbered_page_skips_within_the_index(container: Container, boss: Any, world: Any) -> None:
    """Whole invoices, with the documents in them, are read of the page alone."""
    await _multiply(container, world)
    assert container.database is not None
    engine, asked = container.database.reader.sync_engine, list[tuple[str, Any]]()

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    await boss.get("/admin/invoices", limit=LIMIT, page=MANY // LIMIT - 5)
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = next(each for each in asked if " LIMIT " in each[0])
    async with container.database.reader.connect() as connection:
        plan = (await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)).mappings().all()
    skipping = next(step for step in plan if step["table"] == "invoices" and "index" in str(step["Extra"]).lower())
    assert "Using index" in skipping["Extra"], plan

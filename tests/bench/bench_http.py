"""The API on MariaDB with 100,000 invoices: reading one, listing them, subscribing; beside one SELECT by key."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen
from sqlalchemy import Table, TextClause, text

from scaicontrol_adapters.scaikey.development import issue_dev_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.rows.billing import InvoiceLineRow, InvoiceRow
from scaicontrol_core.access import Role
from scaicontrol_core.kernel.ids import TenantId
from tests.bench import world
from tests.bench.bench_billing_run import bill
from tests.bench.measured import Measured
from tests.bench.serving import Answered, Ask, race, serving

#: A billing run writes the first thousand; the database copies them.
_CUSTOMERS, _COPIES = 1_000, 99
_READS, _LISTS, _SUBSCRIBED = 3_000, 300, 300
_LIMIT = "a bare Litestar route with one SELECT by key"
#: How far down the list the deep page is: the last but one.
_DEEP = 1_999


@frozen
class _Business:
    """Ids of invoices, and customers who have bought nothing yet."""

    invoices: Sequence[str]
    new: Sequence[TenantId]


async def test_requests_per_second(
    migrated_mariadb_url: str, tmp_path: Path, record: Callable[[Measured], None]
) -> None:
    business = await _business(migrated_mariadb_url)
    settings = Settings(data_dir=tmp_path, database_url=migrated_mariadb_url)
    boss = {"Authorization": f"Bearer {issue_dev_token(settings, Role.SUPER_ADMIN)}"}
    ids = [business.invoices[number % len(business.invoices)] for number in range(_READS)]
    with serving("row_server", migrated_mariadb_url) as port:
        await race(port, [Ask(f"/rows/{each}") for each in ids[:100]], {})
        raw = await race(port, [Ask(f"/rows/{each}") for each in ids], {})

    def note(what: str, done: Answered, aim: float | None = None) -> None:
        record(Measured(what, done.rate, "/s", _LIMIT, raw.rate, aim, done.note))

    note("bare route with one SELECT by key", raw)
    with serving("usage_server", migrated_mariadb_url, str(tmp_path)) as port:
        await race(port, [Ask(f"/api/v1/admin/invoices/{each}") for each in ids[:100]], boss)
        note("read an invoice", await race(port, _asks("/admin/invoices/{}", ids), boss), 0.5)
        deep = await asyncio.to_thread(_cursor, port, boss)
        note("list 50 of 100,000 invoices, first page", await race(port, _lists(""), boss))
        note("list 50 of 100,000 invoices, deep page (cursor)", await race(port, _lists(f"&cursor={deep}"), boss))
        note("list 50 of 100,000 invoices, deep page (number)", await race(port, _lists(f"&page={_DEEP}"), boss))
        subscribed = [_subscribing(each) for each in business.new]
        note("create a subscription", await race(port, subscribed, boss))


def _asks(path: str, ids: Sequence[str]) -> list[Ask]:
    return [Ask("/api/v1" + path.format(each)) for each in ids]


def _lists(query: str) -> list[Ask]:
    return [Ask(f"/api/v1/admin/invoices?limit=50{query}")] * _LISTS


def _subscribing(tenant_id: TenantId) -> Ask:
    body = {"tenant_id": tenant_id, "plan_key": "bench.pro"}
    return Ask("/api/v1/admin/subscriptions", "POST", body, status=201)


def _cursor(port: int, headers: dict[str, str]) -> str:
    """Return the cursor that a deep page begins after."""
    address = f"http://127.0.0.1:{port}/api/v1/admin/invoices?limit=50&page={_DEEP}"
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        found = json.load(answer)
    assert found["total"] == _CUSTOMERS * (_COPIES + 1)
    cursor: str = found["next_cursor"]
    return cursor


async def _business(url: str) -> _Business:
    here = await world.open_world(url)
    tenants = await world.add_customers(here, _CUSTOMERS + _SUBSCRIBED)
    await world.add_subscriptions(here, tenants[:_CUSTOMERS])
    await here.aclose()
    await bill(url)
    database = create_engine(url)
    async with database.writer.begin() as connection:
        await connection.execute(text("SET SESSION foreign_key_checks = 0"))
        for number in range(_COPIES):
            await connection.execute(_copies(InvoiceRow.__table__, number))  # type: ignore[arg-type]
            await connection.execute(_copies(InvoiceLineRow.__table__, number))  # type: ignore[arg-type]
        await connection.execute(text("ANALYZE TABLE invoices, invoice_lines"))
    async with database.reader.connect() as connection:
        found = await connection.execute(text("SELECT id FROM invoices ORDER BY MD5(id) LIMIT 1000"))
        ids = [str(row.id) for row in found]
    await database.aclose()
    return _Business(ids, tenants[_CUSTOMERS:])


def _copies(table: Table, number: int) -> TextClause:
    """Return the statement that copies what the run wrote once more: later, under other keys and numbers."""
    mark = f"'Z{number:02d}'"
    changed = {
        "id": f"INSERT(id, 5, 3, {mark})",
        "invoice_id": f"INSERT(invoice_id, 5, 3, {mark})",
        "sequence": f"sequence + {(number + 1) * _CUSTOMERS}",
        "number": f"CONCAT(number, '-', {number})",
        "order_number": f"CONCAT(order_number, '-', {number})",
        "created_at": f"created_at - INTERVAL {number + 1} HOUR",
    }
    names = [column.name for column in table.columns]
    taken = ", ".join(changed.get(name, name) for name in names)
    which = "invoice_id" if "invoice_id" in names else "id"
    # Only names of our own schema are put together here.
    source = f"SELECT {taken} FROM {table.name} WHERE {which} NOT LIKE '____Z%'"  # noqa: S608
    return text(f"INSERT INTO {table.name} ({', '.join(names)}) {source}")

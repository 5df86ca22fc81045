"""The rule that every mutation is in the audit log finds what is not: rows changed past it, or told of wrongly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Table, update

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_adapters.sql.rows.tenancy import TenantRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.tenancy.tenant import TenantChanges
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from tests.services.audit_rules import DERIVED, MACHINERY, faults
from tests.services.audit_trail import Commit, following

PLATFORM = Actor.system("test")
TABLES: dict[str, Table] = dict(Row.metadata.tables)


@pytest.fixture
async def shop(migrated_sqlite_url: str) -> AsyncIterator[tuple[SqlUnitOfWorkFactory, list[Commit]]]:
    """A partner with a tenant, and the commits that are followed from now on."""
    database = create_engine(migrated_sqlite_url)
    work = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        await begun.tenants.add(builders.new_tenant())
        await begun.commit()
    with following(migrated_sqlite_url.removeprefix("sqlite+aiosqlite:///")) as commits:
        yield work, commits
    await database.aclose()


async def test_what_a_use_case_does_is_told(shop: Any) -> None:
    work, commits = shop
    async with work.begin(PLATFORM) as begun:
        tenant = await begun.tenants.get(builders.TENANT_ID)
        tenant.update(TenantChanges(name="Renamed"))
        await begun.tenants.save(tenant)
        await begun.commit()
    (commit,) = commits
    assert {(change.table, change.column) for change in commit.changes} >= {("tenants", "name")}
    assert faults(commits) == []


async def test_a_row_changed_in_silence_is_found(shop: Any) -> None:
    work, commits = shop
    async with work.begin(PLATFORM) as begun:
        await begun.transaction.update(update(TenantRow).values(name="In silence"), {})
        await begun.commit()
    assert faults(commits) == ["tenants: a row was changed name and the log does not know"]


async def test_a_row_changed_past_the_session_is_found_too(shop: Any) -> None:
    work, commits = shop
    async with work.database.writer.begin() as connection:
        await connection.execute(update(TABLES["partners"]).values(name="Past it"))
    assert faults(commits) == ["partners: a row was changed name and the log does not know"]


async def test_a_column_that_is_not_told_is_found_and_so_is_a_lie(shop: Any) -> None:
    work, commits = shop
    async with work.begin(PLATFORM) as begun:
        tenant = await begun.tenants.get(builders.TENANT_ID)
        tenant.update(TenantChanges(name="Told"))
        await begun.tenants.save(tenant)
        await begun.transaction.update(update(TenantRow).values(name="Done", external_reference="in silence"), {})
        await begun.commit()
    assert faults(commits) == [
        "tenants.external_reference changed and tenant.updated does not say from what to what",
        "tenants.name was 'Done' after, and the log says ['Told']",
        "tenants.name was 'Told' before, and the log says ['Bakkerij Jansen']",
    ]


def test_what_is_left_out_is_there_and_has_its_reason() -> None:
    assert MACHINERY.keys() <= TABLES.keys()
    assert all(reason.strip() for reason in MACHINERY.values())
    for name, begins in DERIVED.items():
        for word in begins:
            assert [column for column in TABLES[name].columns.keys() if column.startswith(word)], f"{name}.{word}"  # noqa: SIM118  # a collection of columns

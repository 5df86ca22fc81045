"""Partitions of usage events and of the audit log are made ahead on MariaDB; SQLite has none."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Refused
from scaicontrol_core.testing import FixedClock, SequentialIds, builders

PLATFORM = Actor.system("upkeep")
NAMES = (
    "SELECT partition_name FROM information_schema.partitions WHERE table_schema = DATABASE() "
    "AND table_name = :partitioned ORDER BY partition_ordinal_position DESC LIMIT 3"
)


TABLES = ("usage_events", "audit_log")


async def make_ahead(url: str, table: str, today: date) -> tuple[int, ...]:
    """Make partitions twice, three months ahead; return how many each time."""
    database = create_engine(url)
    work_factory = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    made = []
    for _ in range(2):
        async with work_factory.begin(PLATFORM) as work:
            kept = work.usage_events if table == "usage_events" else work.audit_log
            made.append(await kept.keep_ahead(today, months=3))
    await database.aclose()
    return tuple(made)


@pytest.mark.services
@pytest.mark.parametrize("table", TABLES)
async def test_months_are_cut_off_what_comes_later(migrated_mariadb_url: str, table: str) -> None:
    assert await make_ahead(migrated_mariadb_url, table, date(2027, 9, 20)) == (0, 0)
    assert await make_ahead(migrated_mariadb_url, table, date(2027, 11, 20)) == (2, 0)
    assert await _newest(migrated_mariadb_url, table) == ["p_later", "p202802", "p202801"]


@pytest.mark.services
async def test_a_month_of_the_log_goes_with_its_partition_and_by_no_other_way(migrated_mariadb_url: str) -> None:
    """What the guide to archiving tells the database's administrator to do."""
    database = create_engine(migrated_mariadb_url)
    clock = FixedClock()
    async with SqlUnitOfWorkFactory(database, clock, SequentialIds()).begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.commit()
    count = text("SELECT count(*) FROM audit_log")
    for statement in ("DELETE FROM audit_log", "UPDATE audit_log SET action = 'x'"):
        async with database.writer.connect() as connection:
            with pytest.raises(Refused) as refused:
                await connection.execute(text(statement))
        assert refused.value.code == "audit_log_append_only"
    async with database.writer.connect() as connection:
        assert (await connection.execute(count)).scalar_one() > 0
        await connection.execute(text(f"ALTER TABLE audit_log DROP PARTITION p{clock.now():%Y%m}"))
        assert (await connection.execute(count)).scalar_one() == 0
    await database.aclose()


async def _newest(url: str, table: str) -> list[str]:
    database = create_engine(url)
    async with database.reader.connect() as connection:
        names = list((await connection.execute(text(NAMES), {"partitioned": table})).scalars())
    await database.aclose()
    return names


@pytest.mark.parametrize("table", TABLES)
async def test_sqlite_has_no_partitions(migrated_sqlite_url: str, table: str) -> None:
    assert await make_ahead(migrated_sqlite_url, table, date(2030, 1, 1)) == (0, 0)

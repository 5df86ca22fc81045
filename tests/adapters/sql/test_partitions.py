"""Partitions of usage events are made ahead on MariaDB; SQLite has none."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.testing import FixedClock, SequentialIds

PLATFORM = Actor.system("upkeep")
NAMES = (
    "SELECT partition_name FROM information_schema.partitions WHERE table_schema = DATABASE() "
    "AND table_name = 'usage_events' ORDER BY partition_ordinal_position DESC LIMIT 3"
)


async def make_ahead(url: str, today: date) -> tuple[int, ...]:
    """Make partitions twice, three months ahead; return how many each time."""
    database = create_engine(url)
    work_factory = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    made = []
    for _ in range(2):
        async with work_factory.begin(PLATFORM) as work:
            made.append(await work.usage_events.keep_ahead(today, months=3))
    await database.aclose()
    return tuple(made)


@pytest.mark.services
async def test_months_are_cut_off_what_comes_later(migrated_mariadb_url: str) -> None:
    assert await make_ahead(migrated_mariadb_url, date(2027, 9, 20)) == (0, 0)
    assert await make_ahead(migrated_mariadb_url, date(2027, 11, 20)) == (2, 0)
    database = create_engine(migrated_mariadb_url)
    async with database.reader.connect() as connection:
        names = list((await connection.execute(text(NAMES))).scalars())
    await database.aclose()
    assert names == ["p_later", "p202802", "p202801"]


async def test_sqlite_has_no_partitions(migrated_sqlite_url: str) -> None:
    assert await make_ahead(migrated_sqlite_url, date(2030, 1, 1)) == (0, 0)

"""The migrations make the schema that the row classes describe, and can be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Connection, inspect, update
from sqlalchemy.exc import DBAPIError

from scaicontrol_adapters.sql import migrate
from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor, ActorKind
from scaicontrol_core.delivery.outbox_ports import FeedFilter
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing import FixedClock, SequentialIds, builders

PLATFORM = Actor.system("test")
ALL = tuple(sorted(path.name[:3] for path in (migrate.migrations_folder() / "versions").glob("[0-9]*.py")))


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'deep' / 'down' / 'new.db'}"
    return str(request.getfixturevalue("mariadb_url"))


async def test_migrating_goes_up_down_and_up_again(empty_url: str) -> None:
    assert await migrate.current(empty_url) is None
    assert await migrate.pending(empty_url) == ALL
    assert await migrate.migrate(empty_url) == ALL
    assert await migrate.migrate(empty_url) == ()
    await migrate.downgrade(empty_url, "base")
    assert await migrate.current(empty_url) is None
    assert await migrate.migrate(empty_url) == ALL
    assert (await migrate.current(empty_url), await migrate.pending(empty_url)) == (ALL[-1], ())


async def test_each_step_can_be_taken_alone(empty_url: str) -> None:
    for revision in ALL:
        assert await migrate.migrate(empty_url, revision) == (revision,)
    for before in (*reversed(ALL[:-1]), "base"):
        await migrate.downgrade(empty_url, before)
    assert await migrate.current(empty_url) is None


async def test_the_schema_is_that_of_the_row_classes(empty_url: str) -> None:
    await migrate.migrate(empty_url)
    assert await migrate.differences(empty_url) == []


async def test_the_database_checks_what_the_row_classes_say(empty_url: str) -> None:
    """Alembic compares no CHECK constraints: here each must be there, and name the same values."""
    await migrate.migrate(empty_url)
    database = create_engine(empty_url)
    async with database.reader.connect() as connection:
        kept = await connection.run_sync(_checks)
    await database.aclose()
    for table in Row.metadata.tables.values():
        for rule in table.constraints:
            if isinstance(rule, CheckConstraint):
                name = f"{rule.name}" if str(rule.name).startswith("ck_") else f"ck_{table.name}_{rule.name}"
                assert _words(kept[table.name, name]) == _words(str(rule.sqltext)), name


async def test_what_a_seller_decided_outlasts_the_rules_about_it(empty_url: str) -> None:
    """SQLite gets the rule by making the column anew."""
    await migrate.migrate(empty_url)
    partner = builders.new_partner(unverified_vat_number_policy="hold")
    await _in_work(empty_url, lambda work: work.partners.add(partner))
    await migrate.downgrade(empty_url, "016")
    await migrate.migrate(empty_url)
    kept = await _in_work(empty_url, lambda work: work.partners.get(partner.id))
    assert kept.configuration == partner.configuration
    wrong = update(PartnerRow).values(unverified_vat_number_policy="trust")
    with pytest.raises(DBAPIError, match="ck_partners_unverified_vat_number_policy_known"):
        await _in_work(empty_url, lambda work: work.transaction.update(wrong, {}))


async def test_what_a_service_missed_before_it_had_a_feed_is_in_it(empty_url: str) -> None:
    await migrate.migrate(empty_url)
    await _in_work(empty_url, lambda work: work.services.add(builders.new_service()))
    await _fan_out(empty_url)
    await migrate.downgrade(empty_url, "032")
    await migrate.migrate(empty_url)
    reader = Actor(ActorKind.SERVICE, "scaikey", Scope.service("scaikey"))
    (found,) = await _in_work(empty_url, lambda work: work.outbox.feed(0, 10, FeedFilter()), reader)
    assert found.topic == "catalog.service_changed.v1"


async def _fan_out(url: str) -> None:
    database = create_engine(url)
    factory = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await FanOutEvents(work=factory, clock=FixedClock(), ids=SequentialIds())(PLATFORM)
    await database.aclose()


async def _in_work(url: str, step: Callable[[Any], Awaitable[Any]], actor: Actor = PLATFORM) -> Any:
    database = create_engine(url)
    try:
        async with SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds()).begin(actor) as work:
            found = await step(work)
            await work.commit()
    finally:
        await database.aclose()
    return found


def _checks(connection: Connection) -> dict[tuple[str, str], str]:
    inspector = inspect(connection)
    return {
        (table, str(found["name"])): found["sqltext"]
        for table in inspector.get_table_names()
        for found in inspector.get_check_constraints(table)
    }


def _words(sql: str) -> list[str]:
    """Split SQL so that each database's way of writing it back makes no difference."""
    plain = sql.lower().replace("`", "").replace("<>", " <> ").replace(" = ", " in ")
    for sign in "(),":
        plain = plain.replace(sign, " ")
    return plain.split()


async def test_mariadb_compares_keys_as_sqlite_does(mariadb_url: str) -> None:
    await migrate.migrate(mariadb_url)
    database = create_engine(mariadb_url)
    async with database.reader.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT table_name, table_collation, engine FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name <> 'alembic_version'"
        )
        tables = {(row.table_collation, row.engine) for row in rows}
        session = await connection.exec_driver_sql(
            "SELECT @@time_zone, @@tx_isolation, @@innodb_lock_wait_timeout, @@sql_mode LIKE '%%STRICT_ALL_TABLES%%'"
        )
        settings = tuple(session.one())
    await database.aclose()
    assert tables == {("utf8mb4_nopad_bin", "InnoDB")}
    assert settings == ("+00:00", "READ-COMMITTED", 10, 1)


def test_the_migrations_are_numbered_without_gaps() -> None:
    assert tuple(f"{number:03d}" for number in range(1, len(ALL) + 1)) == ALL

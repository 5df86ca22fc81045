"""The database: reachable, of a version we know, at this version's schema, its clock ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import make_url

from scaicontrol_adapters.doctor import mariadb, sqlite
from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong
from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.migrate import after, revision_of, revisions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncConnection

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_adapters.sql.engine import Database

_MIGRATE = "Run: scaicontrol migrate"
_TRIGGERS = {
    "mariadb": "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = database()",
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'",
}


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the database of the settings."""
    if not settings.database_url:
        yield warning("database", "Its address lies in the store of secrets.", "See what is said of the secrets.")
        return
    if settings.is_embedded:
        findings = sqlite.before(make_url(settings.database_url).database or "")
        for each in findings:
            yield each
        if any(each.verdict == "wrong" for each in findings):
            return
    database = create_engine(settings.database_url, pool_size=1)
    try:
        async for each in _within(settings, database):
            yield each
    finally:
        await database.aclose()


async def _within(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    own = sqlite if settings.is_embedded else mariadb
    try:
        connection = await database.reader.connect()
    except Exception as error:  # noqa: BLE001  # every driver has its own; what it means is found by its number
        yield own.unreachable(error)
        return
    try:
        async for each in own.look(connection):
            yield each
        async for each in _schema(connection, database.dialect.name):
            yield each
    finally:
        await connection.close()


async def _schema(connection: AsyncConnection, dialect: str) -> AsyncIterator[Finding]:
    revision = await connection.run_sync(revision_of)
    missing = after(revision)
    if revision is None:
        yield wrong("database.schema", "The database is empty.", _MIGRATE)
        return
    if len(missing) == len(revisions()):
        yield warning(
            "database.schema",
            f"It is at revision {revision}, of a newer version than this.",
            "Install that version here.",
        )
        return
    if missing:
        yield wrong("database.schema", f"It lacks {len(missing)} migrations: {', '.join(missing)}.", _MIGRATE)
        return
    yield ok("database.schema", f"At revision {revision}.")
    triggers = (await connection.exec_driver_sql(_TRIGGERS[dialect])).scalar_one()
    if triggers:
        yield ok("database.triggers", f"{triggers} triggers keep what may not be changed.")
    else:
        yield wrong(
            "database.triggers",
            "There are none: nothing keeps numbered invoices and the audit log from being changed.",
            "Restore the schema from a backup made with --triggers.",
        )

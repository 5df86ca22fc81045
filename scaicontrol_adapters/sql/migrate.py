"""Bring a database to this version's schema, or tell how far it is.

The migrations stand in the top-level folder ``migrations/`` of the source; a wheel carries the
same folder as ``scaicontrol_adapters/sql/_migrations``, so that an installed package finds
them beside itself.
"""

from __future__ import annotations

import asyncio
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy import URL

    from scaicontrol_adapters.sql.engine import Database

_INSTALLED = Path(__file__).parent / "_migrations"
_CHECKOUT = Path(__file__).parents[2] / "migrations"
#: Seconds a migration waits for a table that somebody uses, before it gives up undone.
_LOCK_WAIT_SECONDS = 60


def migrations_folder() -> Path:
    """Return the folder of the migrations; raises ``FileNotFoundError`` for a broken installation."""
    for folder in (_INSTALLED, _CHECKOUT):
        if (folder / "env.py").is_file():
            return folder
    raise FileNotFoundError(f"no migrations at {_INSTALLED} or {_CHECKOUT}")


async def migrate(url: str | URL, revision: str = "head") -> tuple[str, ...]:
    """Apply what is missing, in order; return the revisions applied. Safe to repeat."""
    missing = await pending(url)
    await _with_config(url, lambda config: command.upgrade(config, revision))
    still = await pending(url)
    return tuple(each for each in missing if each not in still)


async def downgrade(url: str | URL, revision: str) -> None:
    """Take back every migration after ``revision`` (``base``: all). Data in what they made is lost."""
    await _with_config(url, lambda config: command.downgrade(config, revision))


async def current(url: str | URL) -> str | None:
    """Return the last revision applied, or None for an empty database."""
    database = create_engine(url)
    try:
        async with database.writer.connect() as connection:
            return await connection.run_sync(revision_of)
    finally:
        await database.aclose()


async def pending(url: str | URL) -> tuple[str, ...]:
    """Return the revisions that ``migrate`` would apply, oldest first."""
    return after(await current(url))


async def lacking(database: Database) -> tuple[str, ...]:
    """Return the revisions that an open database lacks for this version to work.

    None for a database of a newer version: while servers are replaced one by one, the old ones
    go on serving.
    """
    async with database.reader.connect() as connection:
        applied = await connection.run_sync(revision_of)
    return () if applied is not None and applied not in revisions() else after(applied)


def after(applied: str | None) -> tuple[str, ...]:
    """Return the revisions that follow one; all of them for one of a newer version, or for none."""
    known = revisions()
    return known[known.index(applied) + 1 :] if applied in known else known


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """Return every revision of this version, oldest first; they are files of the program and do not change."""
    scripts = ScriptDirectory(str(migrations_folder()))
    return tuple(script.revision for script in scripts.walk_revisions())[::-1]


async def differences(url: str | URL) -> list[Any]:
    """Return what the row classes have and a migrated database lacks, or the other way round."""

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True, "render_as_batch": True}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), Row.metadata)
        return found

    database = create_engine(url)
    try:
        async with database.writer.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await database.aclose()


def configure(context: EnvironmentContext) -> None:
    """Set Alembic up on the connection this module opened; called by ``migrations/env.py``."""
    connection: Connection = context.config.attributes["connection"]
    if connection.dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql(f"SET lock_wait_timeout={_LOCK_WAIT_SECONDS}")
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="",
        transaction_per_migration=False,
    )


def new_migration(url: str | URL, message: str) -> Path:
    """Write the next numbered migration from the difference of row classes and database; return its file."""
    scripts = ScriptDirectory(str(migrations_folder()))
    number = f"{len(list(scripts.walk_revisions())) + 1:03d}"
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")

    def write(config: Config) -> None:
        config.set_main_option("file_template", f"%%(rev)s_{slug}")
        command.revision(config, message=message, autogenerate=True, rev_id=number)

    asyncio.run(_with_config(url, write))
    return migrations_folder() / "versions" / f"{number}_{slug}.py"


async def _with_config(url: str | URL, run: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))

    def on_connection(connection: Connection) -> None:
        config.attributes["connection"] = connection
        run(config)

    database = create_engine(url, pool_size=1)
    try:
        async with database.writer.connect() as connection:
            await connection.run_sync(on_connection)
            await connection.commit()
    finally:
        await database.aclose()


def revision_of(connection: Connection) -> str | None:
    """Return the last revision applied to an open database."""
    return MigrationContext.configure(connection).get_current_revision()


if __name__ == "__main__":  # python -m scaicontrol_adapters.sql.migrate URL "message"
    sys.stdout.write(f"{new_migration(sys.argv[1], sys.argv[2])}\n")

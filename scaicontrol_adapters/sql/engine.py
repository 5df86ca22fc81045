"""The database as the adapter sees it: an engine that writes, one that reads, a dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from scaicontrol_adapters.sql.dialects import SqlDialect
from scaicontrol_adapters.sql.dialects.mariadb import MariaDb
from scaicontrol_adapters.sql.dialects.sqlite import Sqlite
from scaicontrol_adapters.sql.errors import translate_errors
from scaicontrol_adapters.sql.tracing import watch

if TYPE_CHECKING:
    from scaicontrol_adapters.tracing import Tracing

_STATEMENTS_KEPT_COMPILED = 2000


@frozen
class Database:
    """Engines and dialect of one address; a database in memory has one engine for both."""

    url: URL
    writer: AsyncEngine
    reader: AsyncEngine
    dialect: SqlDialect

    async def aclose(self) -> None:
        """Close all connections."""
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()


def dialect_of(url: URL, *, alone: bool = False) -> SqlDialect:
    """Return the dialect of an address; ``ValueError`` for a database we do not speak."""
    backend = url.get_backend_name()
    if backend in ("mysql", "mariadb"):
        return MariaDb()
    if backend == "sqlite":
        return Sqlite(alone=alone)
    raise ValueError(f"{backend!r} is not a database of ScaiControl: use mysql+aiomysql:// or sqlite+aiosqlite://")


def create_engine(
    url: str | URL, *, pool_size: int = 10, alone: bool = False, tracing: Tracing | None = None
) -> Database:
    """Open a database: ``mysql+aiomysql://user:password@host/name`` or ``sqlite+aiosqlite:///file.db``.

    Nothing connects before the first statement; only SQLite's folder is made here.
    ``pool_size`` bounds the connections that this process holds to write, and those to read; ``alone``
    spares an embedded database the thread that keeps a server answering while a statement runs;
    ``tracing`` gets a span of each statement.
    Raises ``ValueError`` for another kind of address.
    """
    address = make_url(url)
    dialect = dialect_of(address, alone=alone)
    writer = _engine(address, dialect, dialect.writer_options(address, pool_size), read_only=False)
    reading = dialect.reader_options(address, pool_size)
    reader = writer if reading is None else _engine(address, dialect, reading, read_only=True)
    if tracing is not None:
        for engine in {writer, reader}:
            watch(engine.sync_engine, address.get_backend_name(), tracing)
    return Database(address, writer, reader, dialect)


def _engine(url: URL, dialect: SqlDialect, options: dict[str, object], *, read_only: bool) -> AsyncEngine:
    # Parameters are customers' names and addresses: they stay out of errors and logs.
    engine = create_async_engine(url, hide_parameters=True, query_cache_size=_STATEMENTS_KEPT_COMPILED, **options)
    dialect.install(engine.sync_engine, read_only=read_only)
    translate_errors(engine.sync_engine, dialect)
    return engine

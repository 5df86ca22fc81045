"""Looks at what an installation depends on: each answer comes within two seconds, and is never an exception."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.scaikey.tokens import TrustedIssuer

TIMEOUT_SECONDS = 2.0
#: Nothing is kept there; a store that answers "no" answers.
_NO_OBJECT = "probe/nothing"


@frozen
class Probe:
    """One dependency: its name, whether it serves, and what there is to say; never an address or a secret."""

    name: str
    ok: bool
    state: str


async def look(container: Container, issuers: tuple[TrustedIssuer, ...]) -> tuple[Probe, ...]:
    """Look at every dependency at once."""
    looks: dict[str, Callable[[], Awaitable[str]]] = {
        "database": lambda: _database(container),
        "schema": lambda: _schema(container),
        "object_store": lambda: _object_store(container),
    }
    if container.settings.redis_url:
        looks["cache"] = lambda: _cache(container)
    if container.settings.scaivault_url:
        looks["secrets"] = lambda: _secrets(container)
    found = await asyncio.gather(*(_probe(name, ask) for name, ask in looks.items()))
    return (*found, _renderer(container), *(_keys(issuer) for issuer in issuers))


async def _probe(name: str, ask: Callable[[], Awaitable[str]]) -> Probe:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return Probe(name, ok=True, state=await ask())
    except TimeoutError:
        return Probe(name, ok=False, state=f"no answer within {TIMEOUT_SECONDS:g} seconds")
    except Exception as wrong:  # noqa: BLE001  # whatever is wrong with it, the others are looked at too
        # The kind alone: a driver's message may hold an address or a name.
        return Probe(name, ok=False, state=type(wrong).__name__)


async def _database(container: Container) -> str:
    if container.database is None:
        return "in memory"
    async with container.database.reader.connect() as connection:
        await connection.exec_driver_sql("SELECT 1")
    return "answers"


async def _schema(container: Container) -> str:
    if container.database is None:
        return "in memory"
    from scaicontrol_adapters.sql.migrate import lacking  # noqa: PLC0415  # loads Alembic: only who has a database

    missing = await lacking(container.database)
    if missing:
        raise SchemaOutdated
    return "up to date"


class SchemaOutdated(Exception):
    """The database lacks migrations of this version: run ``scaicontrol migrate``."""


async def _object_store(container: Container) -> str:
    await container.objects.exists(_NO_OBJECT)
    return "answers"


async def _cache(container: Container) -> str:
    """Ask for Redis: without it answers come from the database, and none is wrong."""
    ping: Callable[[], Awaitable[None]] | None = getattr(container.kept_entitlements.cache, "ping", None)
    if ping is not None:
        await ping()
    return "answers"


async def _secrets(container: Container) -> str:
    """Ask for the secret store, which also keeps our token for it alive; while it is away what is remembered serves."""
    ping: Callable[[], Awaitable[None]] | None = getattr(container.secrets, "ping", None)
    if ping is not None:
        await ping()
    return "answers"


def _renderer(container: Container) -> Probe:
    closed = bool(getattr(container.renderer, "closed", False))
    return Probe("renderer", ok=not closed, state="closed" if closed else "starts when needed")


def _keys(issuer: TrustedIssuer) -> Probe:
    state = issuer.keys.state
    if state.error:
        old = "" if state.age_seconds is None else f", seen {state.age_seconds / 3600:.1f} hours ago"
        return Probe("keys", ok=False, state=f"{state.count} serve{old}, the issuer does not answer")
    known = "fetched with the first token" if state.age_seconds is None else f"{state.count} known"
    return Probe("keys", ok=True, state=known)

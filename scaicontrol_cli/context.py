"""What every command runs in: the container of the settings, and the actor at the keyboard."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from scaicontrol_core.kernel.errors import ScaiControlError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from contextlib import AbstractAsyncContextManager

    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.clock import Clock

T = TypeVar("T")
U = TypeVar("U")


@frozen
class Session:
    """A command's hold on the product: whatever it does, it does as ``actor``."""

    container: Container
    actor: Actor

    def use(self, use_case: type[U]) -> U:
        """Return the use case with its ports."""
        return self.container.use(use_case)


def settings() -> Settings:
    """Return the settings of the environment and ``.env``; ``Invalid`` names every wrong one."""
    from scaicontrol_adapters.settings import Settings

    return Settings.from_environment()


def operator() -> Actor:
    """Return the actor of whoever runs the program: they hold the database, so they may do anything."""
    import getpass

    from scaicontrol_core.access.actor import Actor

    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as containers have
        name = "unknown"
    return Actor.operator(name)


@asynccontextmanager
async def opened(clock: Clock | None = None) -> AsyncIterator[Session]:
    """Open the container of the settings, close it afterwards; ``clock`` takes the place of the machine's.

    Raises ``Unavailable`` (``schema_outdated``) in place of whatever a missing table led to.
    """
    from scaicontrol_adapters.container import Container

    own = settings()
    container = Container.from_settings(own, clock=clock)
    try:
        yield Session(container, operator())
    except ScaiControlError:
        raise
    except Exception:
        await require_schema(own)
        raise
    finally:
        await container.aclose()


def session() -> AbstractAsyncContextManager[Session]:
    """Return a session on the server that was named, or else on the database of the settings."""
    from scaicontrol_cli.remote.target import target

    server = target(settings)
    if server is None:
        return opened()
    from scaicontrol_cli.remote.session import remote_session

    return remote_session(server)


async def require_schema(own: Settings) -> None:
    """Raise ``Unavailable`` (``schema_outdated``) if the database lacks migrations of this version."""
    from scaicontrol_adapters.secret_store import connected
    from scaicontrol_adapters.sql.migrate import pending

    missing = await pending(connected(own).database_url)
    if missing:
        raise Unavailable(
            f"The database lacks {len(missing)} of this version's migrations.",
            code="schema_outdated",
            hint="Run: scaicontrol migrate",
        )


def call(work: Callable[[Session], Awaitable[T]]) -> T:
    """Run one command's work in an opened session, and return what it returns."""

    async def within() -> T:
        async with session() as opened_session:
            return await work(opened_session)

    return wait(within())


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Run what is asynchronous to its end, and return what it returns."""
    import asyncio
    import logging

    # Interrupted, its pool tells of connections that could not be closed in order, at length: nobody has asked.
    logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())
    return asyncio.run(work)

"""Unit of work: one use case, one transaction, one fixed scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

    from scaicontrol_core.kernel.events import Event
    from scaicontrol_core.kernel.scope import Scope

W_co = TypeVar("W_co", covariant=True)


class UnitOfWork(Protocol):
    """A transaction over the repositories that a feature's ``Work`` protocol names."""

    @property
    def scope(self) -> Scope:
        """The rows within reach."""
        ...

    async def commit(self) -> None:
        """Write state, audit log and outbox together.

        Raises ``Retryable`` if the database gave up, ``CommitUnknown`` if nobody can tell.
        Leaving the ``async with`` block without it rolls everything back.
        """
        ...


class ActsInScope(Protocol):
    """What a unit of work needs to know of an actor: its rows, and its name for the audit log."""

    @property
    def scope(self) -> Scope:
        """The rows the actor may reach."""
        ...

    @property
    def subject(self) -> str:
        """Who the audit log names."""
        ...


class AfterCommit(Protocol):
    """Told what a unit of work has committed, in its own process, for what may be lost in a crash: caches.

    Whatever must follow is a reaction to the outbox. It never raises.
    """

    async def __call__(self, events: Sequence[Event]) -> None:
        """Take note of events, in the order they were recorded."""
        ...


class UnitOfWorkFactory(Protocol[W_co]):
    """Begins units of work."""

    def begin(self, actor: ActsInScope, *, read_only: bool = False) -> AbstractAsyncContextManager[W_co]:
        """Open a transaction over the actor's scope; it can't be widened afterwards.

        ``read_only`` promises not to write, so that readers of an embedded database never
        wait for its one writer.
        """
        ...


T = TypeVar("T")


class Retry(Protocol):
    """Runs an attempt again while the database gives it up (``Retryable``), with back-off.

    Use cases are wrapped in it whole; a bulk run, which is many transactions, wraps each.
    """

    async def __call__(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what the first successful attempt returns; each attempt starts from scratch."""
        ...


class Rest(Protocol):
    """Lets a while pass, for whoever waits for others."""

    async def __call__(self, wait: timedelta, /) -> None:
        """Return when it has passed."""
        ...

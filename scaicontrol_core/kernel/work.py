"""Unit of work: one use case, one transaction, one fixed scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from scaicontrol_core.kernel.scope import Scope

W_co = TypeVar("W_co", covariant=True)


class UnitOfWork(Protocol):
    """A transaction over the repositories that a feature's ``Work`` protocol names."""

    @property
    def scope(self) -> Scope:
        """The rows within reach."""
        ...

    async def commit(self) -> None:
        """Write state, audit log and outbox together; raises ``Retryable`` if the database gave up.

        Leaving the ``async with`` block without it rolls everything back.
        """
        ...


class UnitOfWorkFactory(Protocol[W_co]):
    """Begins units of work."""

    def begin(self, scope: Scope, *, actor: object = None, read_only: bool = False) -> AbstractAsyncContextManager[W_co]:
        """Open a transaction for the scope; ``read_only`` lets SQLite readers run beside a writer.

        ``actor`` (an ``access.Actor``) is who the audit log names.
        """
        ...

"""What the use cases of secrets need from the database: a place for what they tell the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from scaicontrol_core.kernel.work import UnitOfWork

if TYPE_CHECKING:
    from scaicontrol_core.secrets.change import SecretChange


class SecretChanges(Protocol):
    """Takes changes for the audit log; nothing else of them is kept in the database."""

    async def add(self, change: SecretChange) -> None:
        """Tell it with the commit; ``OutOfScope`` unless the whole platform is within scope."""
        ...


class SecretsWork(UnitOfWork, Protocol):
    """A unit of work that tells of changes of secrets."""

    @property
    def secret_changes(self) -> SecretChanges:
        """The changes."""
        ...

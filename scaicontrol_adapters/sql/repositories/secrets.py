"""What the audit log hears of secrets; they themselves are never in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import OutOfScope
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.secrets.change import SecretChange


class SqlSecretChanges:
    """The changes (port ``SecretChanges``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, change: SecretChange) -> None:
        """Tell it with the commit."""
        if self._transaction.scope.kind is not ScopeKind.PLATFORM:
            raise OutOfScope("Only the platform changes secrets.")
        self._transaction.journal.take(change, 1)

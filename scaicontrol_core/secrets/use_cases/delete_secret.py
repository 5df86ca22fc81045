"""Delete a secret."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.secrets import Secrets, require_secret_path
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.secrets.change import SecretChange
from scaicontrol_core.secrets.ports import SecretsWork


@frozen
class DeleteSecret:
    """Delete a secret with all its versions, which can't be undone; ``SecretNotFound``, ``SecretsReadOnly``."""

    work: UnitOfWorkFactory[SecretsWork]
    secrets: Secrets
    retry: Retry

    async def __call__(self, actor: Actor, path: str) -> None:
        """Delete it."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        await self.secrets.refresh(require_secret_path(path))  # a misspelt path is not there
        await self.retry(lambda: self._tell(actor, SecretChange.begun(path, deletes=True)))
        await self.secrets.delete(path)
        await self.retry(lambda: self._tell(actor, SecretChange.deleted(path)))

    async def _tell(self, actor: Actor, change: SecretChange) -> None:
        async with self.work.begin(actor) as work:
            await work.secret_changes.add(change)
            await work.commit()

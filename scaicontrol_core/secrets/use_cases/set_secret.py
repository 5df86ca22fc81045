"""Keep a new version of a secret."""

from __future__ import annotations

from attrs import field, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.secrets import Secrets, require_secret_path, require_secret_value
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.secrets.change import SecretChange
from scaicontrol_core.secrets.ports import SecretsWork


@frozen
class NewSecret:
    """A value for a path; with ``expected_version`` only if that is the newest (0: there is none)."""

    path: str = field(converter=require_secret_path)
    value: str = field(converter=require_secret_value, repr=False)
    expected_version: int | None = None


@frozen
class SetSecret:
    """Keep the value and return its version's number; ``SecretStale``, ``SecretsReadOnly``.

    The audit log hears of the intent first, and of the version once it is kept. It asks for
    ``retry``, and runs again only what it tells: the value is written once.
    """

    work: UnitOfWorkFactory[SecretsWork]
    secrets: Secrets
    retry: Retry

    async def __call__(self, actor: Actor, command: NewSecret) -> int:
        """Return the number."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        await self.retry(lambda: self._tell(actor, SecretChange.begun(command.path, deletes=False)))
        version = await self.secrets.put(command.path, command.value, cas=command.expected_version)
        await self.retry(lambda: self._tell(actor, SecretChange.set_to(command.path, version)))
        return version

    async def _tell(self, actor: Actor, change: SecretChange) -> None:
        async with self.work.begin(actor) as work:
            await work.secret_changes.add(change)
            await work.commit()

"""Tell which version of a secret is the newest."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.secrets import Secrets


@frozen
class GetSecretVersion:
    """Return the number of the newest version, past anything remembered; ``SecretNotFound``. Never the value."""

    secrets: Secrets

    async def __call__(self, actor: Actor, path: str) -> int:
        """Return the number."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        return (await self.secrets.refresh(path)).version

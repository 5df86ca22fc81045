"""List which secrets there are."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.secrets import Secrets


@frozen
class ListSecrets:
    """Return the paths of all secrets below a folder, sorted; for the platform's people."""

    secrets: Secrets

    async def __call__(self, actor: Actor, prefix: str = "") -> Sequence[str]:
        """Return the paths."""
        actor.require(Permission.ADMIN_PLATFORM)
        actor.require_platform()
        return await self.secrets.list(prefix)

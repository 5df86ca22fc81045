"""Look at one role of one's own making."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.kernel.ids import RoleId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetRole:
    """Return a partner's own role within scope, or raise ``NotFound``."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, role_id: RoleId) -> CustomRole:
        """Return it."""
        actor.require(Permission.ADMIN_USERS, Permission.ADMIN_GROUPS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.custom_roles.get(role_id)

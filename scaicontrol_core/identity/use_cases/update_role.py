"""Let a role of one's own permit something else."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import level_within
from scaicontrol_core.identity.granting import require_content
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import CustomRole, RoleContent
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import RoleId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class UpdateRole:
    """Change what a role permits, for everybody who has it.

    Raises ``NotFound``, ``Stale``, ``PermissionBeyondCeiling``, ``PermissionBeyondOwn``.
    """

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(
        self, actor: Actor, role_id: RoleId, wanted: RoleContent, expected_version: int | None = None
    ) -> CustomRole:
        """Return the role as it is now."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            role = await work.custom_roles.get(role_id)
            require_version(expected_version, role.version)
            level = await level_within(work, role.partner_id, None)
            require_content(actor, level, before=role.permissions, after=wanted.permissions)
            role.change(wanted)
            if role.has_changed:
                await work.custom_roles.save(role)
                await work.commit()
        return role

"""Make a role of one's own."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import level_within
from scaicontrol_core.identity.granting import require_content
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import CustomRole, NewRole
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, RoleId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.selling import home_partner


@frozen
class CreateRole:
    """Name a bundle of permissions for one partner's users and groups.

    Raises ``NotFound`` (partner), ``RoleNameTaken``, ``PermissionBeyondCeiling``, ``PermissionBeyondOwn``.
    """

    work: UnitOfWorkFactory[IdentityWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, wanted: NewRole) -> CustomRole:
        """Return the role as stored."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            partner = await home_partner(work, actor.scope, wanted.partner_id)
            level = await level_within(work, partner.id, None)
            require_content(actor, level, before=(), after=wanted.content.permissions)
            role = CustomRole(
                id=RoleId(self.ids.new("rol")),
                partner_id=partner.id,
                name=wanted.name,
                description=wanted.content.description,
                permissions=wanted.content.permissions,
                created_at=self.clock.now(),
            ).record_creation()
            await work.custom_roles.add(role)
            await work.commit()
        return role

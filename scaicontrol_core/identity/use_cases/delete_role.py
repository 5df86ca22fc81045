"""Delete a role of one's own."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.errors import RoleInUse
from scaicontrol_core.identity.ports import GroupFilter, IdentityWork, UserFilter
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import RoleId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeleteRole:
    """Delete a role that nobody has; its name is free then, its history stays.

    Raises ``NotFound``, ``Stale``, ``RoleInUse``.
    """

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, role_id: RoleId, expected_version: int | None = None) -> None:
        """Delete it."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            role = await work.custom_roles.get(role_id)
            require_version(expected_version, role.version)
            one = PageRequest(limit=1)
            users = await work.users.list(one, UserFilter(partner_id=role.partner_id, role=role.name))
            groups = await work.groups.list(one, GroupFilter(partner_id=role.partner_id, role=role.name))
            if users.items or groups.items:
                raise RoleInUse(role.name)
            role.delete()
            if role.has_changed:
                await work.custom_roles.save(role)
                await work.commit()

"""Give and take local roles of a group."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import require_roles
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import GroupId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class SetGroupRoles:
    """Let all members of a group, the directory's groups too, have exactly these local roles.

    Raises ``NotFound``, ``Stale``, ``RoleUnknown``, ``RoleBeyondCeiling``, ``RoleBeyondOwn``.
    """

    work: UnitOfWorkFactory[IdentityWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, group_id: GroupId, names: Sequence[str], expected_version: int | None = None
    ) -> Group:
        """Return the group as it is now."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            group = await work.groups.get(group_id)
            require_version(expected_version, group.version)
            await require_roles(actor, work, group, names)
            group.assign(names, by=actor.subject, at=self.clock.now())
            if group.has_changed:
                await work.groups.save(group)
                await work.commit()
        return group

"""Call a local group something else."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.group import Group, GroupName
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import GroupId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RenameGroup:
    """Change name and description. Raises ``NotFound``, ``Stale``, ``GroupOfDirectory``."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(
        self, actor: Actor, group_id: GroupId, wanted: GroupName, expected_version: int | None = None
    ) -> Group:
        """Return the group as it is now."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            group = await work.groups.get(group_id)
            require_version(expected_version, group.version)
            group.rename(wanted)
            if group.has_changed:
                await work.groups.save(group)
                await work.commit()
        return group

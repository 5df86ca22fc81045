"""Let a user out of a local group."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import require_membership
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.ids import GroupId, UserId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class RemoveGroupMember:
    """Let a user out of a group; who is not in it stays out.

    Raises ``NotFound``, ``GroupOfDirectory``, ``RoleBeyondOwn`` (they lose its roles).
    """

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, group_id: GroupId, user_id: UserId) -> Group:
        """Return the group as it is now."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            group = await work.groups.get(group_id)
            user = await work.users.get(user_id)
            group.require_local()
            await require_membership(actor, work, group)
            if await work.members.among([(group.id, user.id)]):
                await work.members.remove_each([(group.id, user.id)])
                group.note_members(left=[user.id])
                await work.groups.save(group)
                await work.commit()
        return group

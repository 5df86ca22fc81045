"""Let a user into a local group."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import require_membership
from scaicontrol_core.identity.errors import GroupIsRemoved
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import GroupId, UserId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class AddGroupMember:
    """Let a user into a group; who is in it already stays.

    Raises ``NotFound``, ``GroupOfDirectory``, ``GroupIsRemoved``, ``ForeignMember``, and
    ``RoleBeyondOwn``: its roles come along.
    """

    work: UnitOfWorkFactory[IdentityWork]
    clock: Clock

    async def __call__(self, actor: Actor, group_id: GroupId, user_id: UserId) -> Group:
        """Return the group as it is now."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            group = await work.groups.get(group_id)
            user = await work.users.get(user_id)
            group.require_local()
            if not group.is_active:
                raise GroupIsRemoved(group.name)
            await require_membership(actor, work, group)
            membership = group.membership(user, self.clock.now())
            if not await work.members.among([(group.id, user.id)]):
                await work.members.add_each([membership])
                group.note_members(joined=[user.id])
                await work.groups.save(group)
                await work.commit()
        return group

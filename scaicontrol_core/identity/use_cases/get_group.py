"""Look at one group."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.ids import GroupId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class GetGroup:
    """Return a group within scope, also one that is gone from the directory, or raise ``NotFound``."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, group_id: GroupId) -> Group:
        """Return it."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.groups.get(group_id)

"""Delete a local group."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import require_membership
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import GroupId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class DeleteGroup:
    """Let a group count for nobody any more; its history stays.

    Raises ``NotFound``, ``Stale``, ``GroupOfDirectory``, ``RoleBeyondOwn`` (it takes roles from its members).
    """

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, group_id: GroupId, expected_version: int | None = None) -> None:
        """Delete it."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            group = await work.groups.get(group_id)
            require_version(expected_version, group.version)
            group.require_local()
            await require_membership(actor, work, group)
            group.remove()
            if group.has_changed:
                await work.groups.save(group)
                await work.commit()

"""Give and take local roles of a user."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import require_roles
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import UserId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class SetUserRoles:
    """Let a user have exactly these local roles, whatever the directory gives them besides.

    Raises ``NotFound``, ``Stale``, ``RoleUnknown``, ``RoleBeyondCeiling``, and ``RoleBeyondOwn``
    for a role, given or taken, that permits more than the actor may do.
    """

    work: UnitOfWorkFactory[IdentityWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, user_id: UserId, names: Sequence[str], expected_version: int | None = None
    ) -> User:
        """Return the user as they are now."""
        actor.require(Permission.ADMIN_USERS)
        async with self.work.begin(actor) as work:
            user = await work.users.get(user_id)
            require_version(expected_version, user.version)
            await require_roles(actor, work, user, names)
            user.assign(names, by=actor.subject, at=self.clock.now())
            if user.has_changed:
                await work.users.save(user)
                await work.commit()
        return user

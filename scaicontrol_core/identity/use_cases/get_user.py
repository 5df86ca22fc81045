"""Look at one user."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import bundles_of, level_within
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.standing import standing_of
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import UserId
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class UserInGroups:
    """A user, the groups that they are in, and the permissions that all local roles come to."""

    user: User
    groups: Sequence[Group]
    local_permissions: tuple[Permission, ...]


@frozen
class GetUser:
    """Return a user within scope with their groups, or raise ``NotFound``."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, user_id: UserId) -> UserInGroups:
        """Return them."""
        actor.require(Permission.ADMIN_USERS)
        async with self.work.begin(actor, read_only=True) as work:
            user = await work.users.get(user_id)
            groups = await work.groups.of_user(user.id)
            known = await bundles_of(work, user.partner_id)
            of_operator = await level_within(work, user.partner_id, None) is ScopeKind.PLATFORM
        grants = standing_of(user, groups, known, of_operator=of_operator).grants
        permitted = grants.merged(grants.role_names) if user.is_active else frozenset()
        return UserInGroups(user=user, groups=groups, local_permissions=tuple(sorted(permitted)))

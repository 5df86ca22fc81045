"""Browse the users."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.ports import IdentityWork, UserFilter
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListUsers:
    """Return a page of the users within scope that the filter lets pass; ``NotFound`` for a group that is not there."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, request: PageRequest, criteria: UserFilter | None = None) -> Page[User]:
        """Return the page."""
        actor.require(Permission.ADMIN_USERS)
        wanted = criteria or UserFilter()
        async with self.work.begin(actor, read_only=True) as work:
            if wanted.group_id is not None:
                await work.groups.get(wanted.group_id)
            return await work.users.list(request, wanted)

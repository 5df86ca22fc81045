"""Browse the groups."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import GroupFilter, IdentityWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListGroups:
    """Return a page of the groups within scope that the filter lets pass."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, request: PageRequest, criteria: GroupFilter | None = None) -> Page[Group]:
        """Return the page."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.groups.list(request, criteria or GroupFilter())

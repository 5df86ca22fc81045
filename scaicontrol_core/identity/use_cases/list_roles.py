"""Browse the roles of one's own making."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListRoles:
    """Return a page of the partners' own roles within scope; the three that are ours everybody has."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, partner_id: PartnerId | None = None
    ) -> Page[CustomRole]:
        """Return the page."""
        actor.require(Permission.ADMIN_USERS, Permission.ADMIN_GROUPS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.custom_roles.list(request, partner_id)

"""Browse the partners."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import TenancyWork


@frozen
class ListPartners:
    """Return a page of the partners within scope; ``search`` looks in the name."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, request: PageRequest, search: str | None = None) -> Page[Partner]:
        """Return the page."""
        actor.require(Permission.ADMIN_PARTNERS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.partners.list(request, search=search)

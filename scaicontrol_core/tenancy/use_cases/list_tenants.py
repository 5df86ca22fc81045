"""Browse the tenants."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import TenancyWork, TenantFilter
from scaicontrol_core.tenancy.tenant import Tenant


@frozen
class ListTenants:
    """Return a page of the tenants within scope that the filter lets pass."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, request: PageRequest, criteria: TenantFilter | None = None) -> Page[Tenant]:
        """Return the page."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.tenants.list(request, criteria or TenantFilter())

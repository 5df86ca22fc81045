"""Look at one tenant."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.tenant import Tenant


@frozen
class GetTenant:
    """Return a tenant within scope, or raise ``NotFound``."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, tenant_id: TenantId) -> Tenant:
        """Return it."""
        actor.require(Permission.ADMIN_TENANTS, Permission.BILLING_READ)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.tenants.get(tenant_id)

"""Look at a tenant's billing profile."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.ports import TenancyWork


@frozen
class GetBillingProfile:
    """Return a tenant's profile, or raise ``NotFound`` (tenant or profile)."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, tenant_id: TenantId) -> BillingProfile:
        """Return it."""
        actor.require(Permission.ADMIN_TENANTS, Permission.BILLING_READ, Permission.BILLING_MANAGE)
        async with self.work.begin(actor, read_only=True) as work:
            tenant = await work.tenants.get(tenant_id)
            return await work.billing_profiles.get(tenant.id)

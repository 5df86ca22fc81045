"""Change a tenant's own fields."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.tenant import Tenant, TenantChanges


@frozen
class UpdateTenant:
    """Apply a partial change. Raises ``NotFound``, ``Stale``, ``ExternalReferenceTaken``."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(
        self, actor: Actor, tenant_id: TenantId, changes: TenantChanges, expected_version: int | None = None
    ) -> Tenant:
        """Return the tenant as it is now."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor) as work:
            tenant = await work.tenants.get(tenant_id)
            require_version(expected_version, tenant.version)
            tenant.update(changes)
            if tenant.has_changed:
                await work.tenants.save(tenant)
                await work.commit()
        return tenant

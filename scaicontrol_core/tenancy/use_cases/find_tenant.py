"""Find a tenant by whichever name it is known: its id or its external reference."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.selling import home_partner
from scaicontrol_core.tenancy.tenant import Tenant


@frozen
class FindTenant:
    """Return the tenant with that id, else the one with that external reference, or raise ``NotFound``.

    References are unique per partner: ``partner_id`` None means the actor's own, for the
    platform the operator's.
    """

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, name: str, partner_id: PartnerId | None = None) -> Tenant:
        """Return it."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor, read_only=True) as work:
            try:
                return await work.tenants.get(TenantId(name))
            except NotFound:
                partner = await home_partner(work, actor.scope, partner_id)
                found = await work.tenants.find_by_reference(partner.id, name)
        if found is None:
            raise NotFound.of("tenant", name)
        return found

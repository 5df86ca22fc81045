"""Take on a customer."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.checks import check_fields, choice, maybe_text, required
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.selling import home_partner
from scaicontrol_core.tenancy.tenant import CollectionMethod, Tenant


@frozen(kw_only=True)
class NewTenant:
    """A customer; ``partner_id`` None means the actor's own partner, for the platform the operator."""

    name: str
    external_reference: str | None = None
    collection_method: CollectionMethod = CollectionMethod.SEND_INVOICE
    partner_id: PartnerId | None = None

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong, all at once."""
        rules = {
            "name": required(200),
            "external_reference": maybe_text(100),
            "collection_method": choice(CollectionMethod),
        }
        check_fields(self, rules)


@frozen
class CreateTenant:
    """Add a customer to a partner. Raises ``NotFound`` (partner) and ``ExternalReferenceTaken``."""

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, wanted: NewTenant) -> Tenant:
        """Return the tenant as stored."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor) as work:
            partner = await home_partner(work, actor.scope, wanted.partner_id)
            tenant = Tenant(
                id=TenantId(self.ids.new("tnt")),
                partner_id=partner.id,
                name=wanted.name,
                external_reference=wanted.external_reference,
                collection_method=wanted.collection_method,
                created_at=self.clock.now(),
            ).record_creation()
            await work.tenants.add(tenant)
            await work.commit()
        return tenant

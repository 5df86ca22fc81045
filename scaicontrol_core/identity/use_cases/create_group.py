"""Make a local group."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.group import Group, GroupName
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import GroupId, Ids, PartnerId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.selling import home_partner


@frozen(kw_only=True)
class NewGroup:
    """A group to make: of a tenant, of a partner, or (without either) of the actor's own partner or the operator."""

    name: GroupName
    partner_id: PartnerId | None = None
    tenant_id: TenantId | None = None


@frozen
class CreateGroup:
    """Make a group that is ours alone, with nobody in it and no roles. Raises ``NotFound`` (partner, tenant)."""

    work: UnitOfWorkFactory[IdentityWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, wanted: NewGroup) -> Group:
        """Return the group as stored."""
        actor.require(Permission.ADMIN_GROUPS)
        async with self.work.begin(actor) as work:
            partner_id = wanted.partner_id
            if wanted.tenant_id is not None:
                partner_id = (await work.tenants.get(wanted.tenant_id)).partner_id
            group = Group(
                id=GroupId(self.ids.new("grp")),
                partner_id=(await home_partner(work, actor.scope, partner_id)).id,
                tenant_id=wanted.tenant_id,
                name=wanted.name.name,
                description=wanted.name.description,
                created_at=self.clock.now(),
            ).record_creation()
            await work.groups.add(group)
            await work.commit()
        return group

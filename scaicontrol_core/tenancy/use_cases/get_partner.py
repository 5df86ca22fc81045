"""Look at one partner."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import TenancyWork


@frozen
class GetPartner:
    """Return a partner within scope, or raise ``NotFound``."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor, partner_id: PartnerId) -> Partner:
        """Return it."""
        actor.require(Permission.ADMIN_PARTNERS)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.partners.get(partner_id)

"""List a partner's commission statements."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.commissions.month import sides_of
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListCommissions:
    """Return part of a partner's closed statements, the newest month first, without their entries.

    A partner sees its own. Raises ``NotFound``, ``NoCommissions`` for the operator.
    """

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor, partner_id: PartnerId, page: PageRequest) -> Page[CommissionStatement]:
        """Return the page."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            await sides_of(work, partner_id)
            return await work.commission_statements.list(partner_id, page)

"""Read what a partner earned in a month."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.commissions.month import MonthOfCommissions, month_of_commissions, sides_of
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReadCommissions:
    """Return a month's commissions: as they were closed, or what there is so far of a month that is not.

    A partner reads its own. Raises ``NotFound``, ``NoCommissions`` for the operator.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids

    async def __call__(self, actor: Actor, partner_id: PartnerId, month: date | None = None) -> MonthOfCommissions:
        """Return the month (any day of it names it); without one, the current month of the operator's calendar."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            sides = await sides_of(work, partner_id)
            wanted = month.replace(day=1) if month else sides.month_of(self.clock.now())
            return await month_of_commissions(work, sides, wanted, self.ids)

"""Mark as past due what was to be paid by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Retryable, Stale
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId

_BATCH = 100


@frozen
class MarkOverdue:
    """Make past due every sent invoice whose due date has passed in its seller's zone.

    In small transactions: killed anywhere and run again, the end is the same. An invoice that somebody
    settles at this moment is looked at by the next run.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """Return how many invoices were marked."""
        actor.require(Permission.ADMIN_BILLING)
        now, marked, after = self.clock.now(), 0, None
        async with self.work.begin(actor, read_only=True) as work:
            partners = await work.sellers.everyone()
        todays = {each.id: local_date(now, each.configuration.billing_timezone) for each in partners}
        while todays:
            async with self.work.begin(actor, read_only=True) as work:
                late = await work.invoices.overdue(max(todays.values()), after=after, limit=_BATCH)
            try:
                marked += await self._mark(actor, late, todays)
            except (Stale, Retryable):
                for invoice_id in late:
                    marked += await self._mark_one(actor, invoice_id, todays)
            if len(late) < _BATCH:
                break
            after = late[-1]
        return marked

    async def _mark(self, actor: Actor, late: Sequence[InvoiceId], todays: Mapping[PartnerId, date]) -> int:
        if not late:
            return 0
        async with self.work.begin(actor) as work:
            invoices = (await work.invoices.get_many(late)).values()
            marked = [
                each for each in invoices if each.seller_id in todays and each.mark_overdue(todays[each.seller_id])
            ]
            if marked:
                await work.invoices.save_many(marked)
                await work.commit()
        return len(marked)

    async def _mark_one(self, actor: Actor, invoice_id: InvoiceId, todays: Mapping[PartnerId, date]) -> int:
        try:
            return await self._mark(actor, [invoice_id], todays)
        except (Stale, Retryable):
            return 0

"""Record that invoices reached their buyers by another way than our mail."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid, NotFound
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

#: What is handed over in one transaction.
MAX_PILE = 1000


@frozen
class RecordHandOver:
    """Note that numbered invoices were handed over: printed and posted, say, or put into the buyer's own portal.

    From then on they can be paid and overdue, as if we had mailed them; what was sent before, and
    drafts, stay as they are. All or none, at most 1,000. Raises ``Invalid``, ``NotFound``, ``NotYourSeries``.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor, invoice_ids: Sequence[InvoiceId]) -> int:
        """Return how many were sent by this."""
        actor.require(Permission.ADMIN_BILLING)
        if not 1 <= len(invoice_ids) <= MAX_PILE:
            raise Invalid.field("/ids", f"Name 1 to {MAX_PILE} invoices.", code="bulk_size_invalid")
        async with self.work.begin(actor) as work:
            found = await work.invoices.get_many(invoice_ids)
            for invoice_id in invoice_ids:
                if invoice_id not in found:
                    raise NotFound.of("invoice", invoice_id)
                require_own_name(actor, found[invoice_id].seller_id)
                found[invoice_id].mark_sent(self.clock.now())
            sent = [invoice for invoice in found.values() if invoice.has_changed]
            if sent:
                await work.invoices.save_many(sent)
                await work.commit()
        return len(sent)

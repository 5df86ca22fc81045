"""Finalize a draft: give it its legal number and freeze it."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.finalizing import FinalizeOrder, finalize_all
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Stale
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable


@frozen
class FinalizeInvoice:
    """Give a draft its legal number and freeze it (Directive 2006/112/EC art. 226).

    Everything is checked and computed before the series is locked; the PDF follows from a job.
    Raises ``NotFound``, ``NotYourSeries``, ``EmptyInvoice``, ``BillingProfileRequired``,
    ``SellerNotBillable``, ``CurrencyUnsupported``, ``IssueDateInvalid``, ``InvalidTransition``
    (void): the draft is then still a draft and no number is spent.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    rates: RateTable
    document_check: DocumentCheck

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        """Return the finalized invoice; finalizing twice returns the same one."""
        actor.require(Permission.ADMIN_BILLING)
        try:
            return await self._finalize(actor, invoice_id)
        except (Stale, CommitUnknown):
            # Another worker finalized, edited or voided the draft between our read and our write;
            # or nobody can tell whether it has its number: reading it again can.
            return await self._finalize(actor, invoice_id)

    async def _finalize(self, actor: Actor, invoice_id: InvoiceId) -> Invoice:
        order = FinalizeOrder(invoice_id=invoice_id)
        rules = Rules(rates=self.rates, document_check=self.document_check)
        async with self.work.begin(actor) as work:
            made = await finalize_all(work, actor, (order,), rules, self.clock.now())
            if invoice_id in made.refused:
                raise made.refused[invoice_id]
            if made.numbered:
                await work.commit()
        return made.invoices[invoice_id]

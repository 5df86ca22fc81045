"""Issue a credit note: an invoice's, in full or in part."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.credit_issuing import ATTEMPTS, CreditOrder, IssuedCreditNote, issue_credit
from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.facts import DocumentCheck
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Stale
from scaicontrol_core.kernel.ids import Ids, InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class IssueCreditNote:
    """Take back what an invoice charged (Directive 2006/112/EC art. 90, 219): numbered at once, never a draft.

    The invoice keeps its status and remembers what is left. Raises ``NotFound``, ``NotYourSeries``,
    ``NotCreditable``, ``InvoiceFullyCredited``, ``CreditExceedsInvoice``, ``CreditCharges``,
    ``SellerNotBillable``, ``EInvoiceIncomplete``, ``Invalid``: no number is spent then.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    document_check: DocumentCheck

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, wanted: NewCreditNote) -> IssuedCreditNote:
        """Return the credit note and the invoice after it."""
        actor.require(Permission.ADMIN_BILLING)
        note_id = InvoiceId(self.ids.new("inv"))
        order = CreditOrder(invoice_id=invoice_id, wanted=wanted, note_id=note_id, now=self.clock.now())
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._issue(actor, order)
            except Stale:
                continue  # another credit note of the same invoice came first: what is left is other now
            except CommitUnknown:
                kept = await self._kept(actor, order)
                if kept is None:
                    raise
                return kept
        return await self._issue(actor, order)

    async def _issue(self, actor: Actor, order: CreditOrder) -> IssuedCreditNote:
        async with self.work.begin(actor) as work:
            issued = await issue_credit(work, actor, order, self.ids, self.document_check)
            await work.commit()
        return issued

    async def _kept(self, actor: Actor, order: CreditOrder) -> IssuedCreditNote | None:
        """Return the note if the COMMIT that nobody answered was done."""
        async with self.work.begin(actor, read_only=True) as work:
            found = await work.invoices.get_many([order.note_id, order.invoice_id])
        note = found.get(order.note_id)
        return None if note is None else IssuedCreditNote(credit_note=note, original=found[order.invoice_id])

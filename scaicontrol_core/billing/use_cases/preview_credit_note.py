"""Show a credit note before it is issued."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.credit_issuing import CreditOrder, previewed_credit
from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.facts import DocumentCheck
from scaicontrol_core.billing.frozen_document import FrozenDocument
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class PreviewCreditNote:
    """Compute a credit note with all its amounts; no number is spent and nothing is written.

    Raises what ``IssueCreditNote`` raises.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    document_check: DocumentCheck

    async def __call__(self, actor: Actor, invoice_id: InvoiceId, wanted: NewCreditNote) -> FrozenDocument:
        """Return the document; its number is empty."""
        actor.require(Permission.ADMIN_BILLING)
        note_id = InvoiceId(self.ids.new("inv"))
        order = CreditOrder(invoice_id=invoice_id, wanted=wanted, note_id=note_id, now=self.clock.now())
        async with self.work.begin(actor, read_only=True) as work:
            return await previewed_credit(work, actor, order, self.ids, self.document_check)

"""Credit an invoice and write it anew: the way to put right what was decided on wrong ground."""

from __future__ import annotations

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.credit_issuing import ATTEMPTS, CreditOrder, IssuedCreditNote, issue_credit
from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.finalizing import FinalizeOrder, finalize_all
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Stale
from scaicontrol_core.kernel.ids import Ids, InvoiceId, LineId
from scaicontrol_core.kernel.quantity import Quantity
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable


@frozen(kw_only=True)
class ReissuedInvoice:
    """The invoice, the credit note that takes back what was left of it, and what stands in its place."""

    original: Invoice
    credit_note: Invoice
    invoice: Invoice


@frozen
class ReissueInvoice:
    """Credit all that is left of an invoice and charge it again, on the buyer's details and evidence of today.

    One unit of work for both. The new lines keep their tax points; VAT is decided anew when the
    draft is finalized. Raises what ``IssueCreditNote`` raises, and what ``FinalizeInvoice``
    raises if it is to be finalized: then nothing is credited either.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    rates: RateTable
    document_check: DocumentCheck

    async def __call__(
        self, actor: Actor, invoice_id: InvoiceId, reason: str, *, finalize: bool = False
    ) -> ReissuedInvoice:
        """Return all three documents."""
        actor.require(Permission.ADMIN_BILLING)
        note_id, draft_id = InvoiceId(self.ids.new("inv")), InvoiceId(self.ids.new("inv"))
        wanted, now = NewCreditNote(reason=reason), self.clock.now()
        order = CreditOrder(invoice_id=invoice_id, wanted=wanted, note_id=note_id, now=now)
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._reissue(actor, order, draft_id, finalize=finalize)
            except Stale:
                continue  # another credit note of the same invoice came first
            except CommitUnknown:
                kept = await self._kept(actor, order, draft_id)
                if kept is None:
                    raise
                return kept
        return await self._reissue(actor, order, draft_id, finalize=finalize)

    async def _reissue(
        self, actor: Actor, order: CreditOrder, draft_id: InvoiceId, *, finalize: bool
    ) -> ReissuedInvoice:
        async with self.work.begin(actor) as work:
            credited = await issue_credit(work, actor, order, self.ids, self.document_check)
            invoice = self._draft(credited, draft_id)
            invoice.record_draft()
            await work.invoices.add(invoice)
            if finalize:
                invoice = await self._finalized(work, actor, order, draft_id)
            await work.commit()
        return ReissuedInvoice(original=credited.original, credit_note=credited.credit_note, invoice=invoice)

    def _draft(self, credited: IssuedCreditNote, draft_id: InvoiceId) -> Invoice:
        """Return a draft that charges what the note takes back."""
        original, note = credited.original, credited.credit_note
        return Invoice(
            id=draft_id,
            partner_id=original.partner_id,
            tenant_id=original.customer_id,
            seller_id=original.seller_id,
            currency=original.currency,
            created_at=note.created_at,
            lines=tuple(
                evolve(line, id=LineId(self.ids.new("lin")), quantity=Quantity(-line.quantity.value))
                for line in note.lines
            ),
            period=original.period,
            notes=original.notes,
            buyer_reference=original.buyer_reference,
        )

    async def _finalized(self, work: BillingWork, actor: Actor, order: CreditOrder, draft_id: InvoiceId) -> Invoice:
        rules = Rules(rates=self.rates, document_check=self.document_check)
        made = await finalize_all(work, actor, (FinalizeOrder(invoice_id=draft_id),), rules, order.now)
        if draft_id in made.refused:
            raise made.refused[draft_id]
        return made.invoices[draft_id]

    async def _kept(self, actor: Actor, order: CreditOrder, draft_id: InvoiceId) -> ReissuedInvoice | None:
        """Return all three if the COMMIT that nobody answered was done."""
        async with self.work.begin(actor, read_only=True) as work:
            found = await work.invoices.get_many([order.note_id, order.invoice_id, draft_id])
        if order.note_id not in found:
            return None
        return ReissuedInvoice(
            original=found[order.invoice_id], credit_note=found[order.note_id], invoice=found[draft_id]
        )

"""Sum up what was invoiced: how many documents, net, VAT by country and category, gross."""

from __future__ import annotations

from collections import Counter
from typing import Any

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.billing_run import RunTotals, VatTotal
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.ports import BillingWork, InvoiceFilter
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class InvoiceSummary:
    """Sums over numbered documents that are not void, in minor units; ``vat`` by group and currency.

    Credit notes bear negative amounts: all sums are net of them.
    """

    invoices: int
    credit_notes: int
    by_pdf_status: dict[str, int]
    vat: tuple[VatTotal, ...]

    @property
    def net_cents(self) -> int:
        """All net amounts; meaningful where one currency is invoiced."""
        return sum(group.net_cents for group in self.vat)

    @property
    def tax_cents(self) -> int:
        """All VAT."""
        return sum(group.tax_cents for group in self.vat)

    @property
    def gross_cents(self) -> int:
        """Net plus VAT."""
        return self.net_cents + self.tax_cents


@frozen
class SummarizeInvoices:
    """Read all frozen documents within scope, page by page, and add up their VAT entries."""

    work: UnitOfWorkFactory[BillingWork]

    async def __call__(self, actor: Actor) -> InvoiceSummary:
        """Return the sums."""
        actor.require(Permission.ADMIN_BILLING)
        totals, statuses, credit_notes = RunTotals(), Counter[str](), 0
        page = PageRequest(limit=MAX_LIMIT)
        async with self.work.begin(actor, read_only=True) as work:
            while True:
                part = await work.invoices.list(InvoiceFilter(issued=True), page)
                for invoice in part.items:
                    if invoice.status is not InvoiceStatus.VOID and not invoice.document_type.is_self_billed:
                        is_credit = invoice.document_type is DocumentType.CREDIT_NOTE
                        totals = totals.plus(RunTotals(invoices=int(not is_credit), vat=_groups(invoice)))
                        credit_notes += is_credit
                        statuses[invoice.pdf_status.value] += 1
                if part.next_cursor is None:
                    break
                page = evolve(page, cursor=part.next_cursor)
        return InvoiceSummary(
            invoices=totals.invoices, credit_notes=credit_notes, by_pdf_status=dict(statuses), vat=totals.vat
        )


def _groups(invoice: Invoice) -> tuple[VatTotal, ...]:
    entries: list[dict[str, Any]] = (invoice.document or {"vat_details": {"entries": []}})["vat_details"]["entries"]
    return tuple(
        VatTotal(
            country=entry["country"],
            category=entry["category"],
            rate=entry["rate"],
            currency=invoice.currency,
            net_cents=entry["taxable_cents"],
            tax_cents=entry["amount_cents"],
        )
        for entry in entries
    )

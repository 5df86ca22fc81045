"""The credit notes of an invoice sum to what it says of them, and to no more than it charged."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from scaicontrol_core.integrity.finding import Finding, IntegrityRule
from scaicontrol_core.kernel.ids import InvoiceId


@frozen(kw_only=True)
class CreditedInvoice:
    """An invoice with anything credited: its totals, what it says is credited, and its notes' sums.

    Minor units; a note's amounts are negative where the invoice's are positive.
    """

    invoice_id: InvoiceId
    number: str
    net_cents: int
    tax_cents: int
    credited_net_cents: int
    credited_tax_cents: int
    notes_net_cents: int
    notes_tax_cents: int


def credit_findings(invoice: CreditedInvoice) -> Iterator[Finding]:
    """Yield what is wrong with an invoice's credits."""
    for what, charged, credited, noted in (
        ("net", invoice.net_cents, invoice.credited_net_cents, invoice.notes_net_cents),
        ("VAT", invoice.tax_cents, invoice.credited_tax_cents, invoice.notes_tax_cents),
    ):
        if credited != -noted:
            yield _found(invoice, f"{what} credited says {credited}, its credit notes sum to {-noted}")
        if abs(noted) > abs(charged) or noted * charged > 0:
            yield _found(invoice, f"its credit notes take back {-noted} {what} of {charged}")


def _found(invoice: CreditedInvoice, fault: str) -> Finding:
    return Finding(
        IntegrityRule.CREDITS_WITHIN_INVOICES,
        "invoice",
        invoice.invoice_id,
        f"{invoice.number or 'No number'}: {fault}",
    )

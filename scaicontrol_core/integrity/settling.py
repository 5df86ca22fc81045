"""Invoices say of payments what the ledger says, and are paid exactly when nothing is open."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.integrity.finding import Finding, IntegrityRule
from scaicontrol_core.kernel.ids import InvoiceId

_OWED = (InvoiceStatus.SENT, InvoiceStatus.PAST_DUE)


@frozen(kw_only=True)
class SettledInvoice:
    """A numbered invoice: its total, what it says was credited, paid and given back, and the ledger's own sums.

    Minor units. ``foreign`` counts its payments of another currency, seller or buyer.
    """

    invoice_id: InvoiceId
    number: str
    status: InvoiceStatus
    gross_cents: int
    credited_cents: int
    paid_cents: int
    refunded_cents: int
    received_cents: int
    returned_cents: int
    foreign: int

    @property
    def balance_cents(self) -> int:
        """What is open, or below 0 the buyer's, by the ledger."""
        return self.gross_cents - self.credited_cents - self.received_cents + self.returned_cents


def payment_findings(invoice: SettledInvoice) -> Iterator[Finding]:
    """Yield where an invoice and its payments contradict each other."""
    for what, stated, summed in (
        ("paid", invoice.paid_cents, invoice.received_cents),
        ("given back", invoice.refunded_cents, invoice.returned_cents),
    ):
        if stated != summed:
            yield _found(IntegrityRule.PAYMENTS_COUNTED, invoice, f"says {stated} {what}, its payments sum to {summed}")
    if invoice.returned_cents > invoice.received_cents:
        fault = f"{invoice.returned_cents} was given back of {invoice.received_cents}"
        yield _found(IntegrityRule.PAYMENTS_COUNTED, invoice, fault)
    if invoice.foreign:
        fault = f"{invoice.foreign} payments are of another currency, seller or buyer"
        yield _found(IntegrityRule.PAYMENTS_COUNTED, invoice, fault)


def settlement_findings(invoice: SettledInvoice) -> Iterator[Finding]:
    """Yield where the status does not follow from the balance."""
    if invoice.status is InvoiceStatus.PAID and invoice.balance_cents > 0:
        yield _found(IntegrityRule.PAID_WHEN_SETTLED, invoice, f"is paid, and {invoice.balance_cents} is open")
    if invoice.status in _OWED and invoice.balance_cents <= 0:
        yield _found(IntegrityRule.PAID_WHEN_SETTLED, invoice, f"is {invoice.status.value}, and nothing is open")
    if invoice.status is InvoiceStatus.VOID and invoice.received_cents != invoice.returned_cents:
        left = invoice.received_cents - invoice.returned_cents
        yield _found(IntegrityRule.PAID_WHEN_SETTLED, invoice, f"is void, and {left} that was paid is not given back")


def _found(rule: IntegrityRule, invoice: SettledInvoice, fault: str) -> Finding:
    return Finding(rule, "invoice", invoice.invoice_id, f"{invoice.number}: {fault}")

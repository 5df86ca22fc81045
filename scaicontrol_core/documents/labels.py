"""Every word a document prints that is not its own content, in the six languages.

The terms are those of the trade and, where a law names one, the law's: a German credit note is
a *Rechnungskorrektur*, for *Gutschrift* in § 14 (2) UStG is an invoice the customer writes; a
Spanish one is a *factura rectificativa* (RD 1619/2012 art. 15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from decimal import Decimal


@frozen(kw_only=True)
class Labels:
    """One language's words. Those with ``{braces}`` are sentences to be filled in."""

    language: str
    # what it is
    invoice: str
    credit_note: str
    draft: str
    proforma: str
    draft_notice: str
    # the facts beside the address
    invoice_number: str
    credit_note_number: str
    issue_date: str
    due_date: str
    due_by: str
    service_period: str
    supplied_on: str
    customer_number: str
    your_reference: str
    referenced_invoice: str
    referenced_issue_date: str
    credit_note_date: str
    reason: str
    line_of_invoice: str
    your_vat_number: str
    # lines
    description: str
    position: str
    quantity: str
    unit_price: str
    per_units: str
    vat: str
    amount: str
    period: str
    # totals
    net_total: str
    vat_total: str
    gross_total: str
    prepaid: str
    amount_due: str
    amount_credited: str
    vat_in_currency: str
    exchange_rate: str
    # VAT breakdown
    vat_breakdown: str
    vat_rate: str
    taxable_amount: str
    vat_amount: str
    # payment
    payment: str
    payment_request: str
    nothing_to_pay: str
    credit_settlement: str
    account_holder: str
    bank: str
    iban: str
    bic: str
    payment_reference: str
    structured_reference: str
    scan_to_pay: str
    # notes and footer
    notes: str
    vat_number: str
    tax_number: str
    registration_number: str
    email: str
    phone: str
    page: str
    page_of: str
    # statements of account
    statement: str
    statement_date: str
    date: str
    document: str
    opening_balance: str
    closing_balance: str
    charged: str
    settled: str
    balance: str
    payment_for: str
    refund_of: str
    chargeback_of: str
    cancellation_of: str
    no_entries: str
    statement_notice: str
    # commission statements
    commission_statement: str
    commission: str
    commission_rate: str
    commission_total: str
    net_sales: str
    no_commissions: str
    commission_notice: str
    # self-billing (Directive 2006/112/EC art. 226(10a))
    self_billing: str
    self_billed_invoice: str
    self_billed_credit_note: str
    #: UN/ECE recommendation 20 code → (singular, plural); a code that is not here is not printed.
    units: dict[str, tuple[str, str]]

    def unit(self, code: str, quantity: Decimal) -> str | None:
        """Return the unit's word for that many, or None where a bare number says enough."""
        words = self.units.get(code)
        if words is None:
            return None
        return words[0] if self._is_singular(quantity) else words[1]

    def _is_singular(self, quantity: Decimal) -> bool:
        # French counts everything below two in the singular (CLDR plural rules); the others only one itself.
        return int(abs(quantity)) in (0, 1) if self.language == "fr" else abs(quantity) == 1

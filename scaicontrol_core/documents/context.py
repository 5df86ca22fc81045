"""What a template can say: one typed shape for PDF and e-mail, made from a frozen document.

The template sees amounts, dates and quantities as values and formats them with filters; it
never sees database ids, and nothing in here is computed that the frozen document doesn't say.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from attrs import frozen

from scaicontrol_core.documents.branding import Branding
from scaicontrol_core.documents.labels import Labels
from scaicontrol_core.kernel.money import Money


@frozen
class DateSpan:
    """A period as people read it: its first and its last day, both included."""

    first: date
    last: date


@frozen(kw_only=True)
class SellerContext:
    """Who sells, as it was when the document was frozen."""

    name: str
    legal_name: str
    address: tuple[str, ...]
    country_code: str
    vat_number: str | None
    registration_number: str | None
    tax_number: str | None
    email: str | None
    phone: str | None
    iban: str | None
    bic: str | None
    footer_text: str | None


@frozen(kw_only=True)
class BuyerContext:
    """Who buys, as it was when the document was frozen."""

    company_name: str
    address: tuple[str, ...]
    country_code: str
    vat_number: str | None
    is_business: bool
    customer_number: str | None


@frozen(kw_only=True)
class DocumentContext:
    """Number, dates and references. ``number`` and the dates may be missing on a draft only."""

    type: str
    number: str | None
    issue_date: date | None
    due_date: date | None
    period: DateSpan | None
    currency: str
    language: str
    buyer_reference: str | None
    payment_reference: str | None
    referenced_number: str | None
    referenced_issue_date: date | None
    reason: str | None
    is_credit_note: bool
    is_draft: bool
    title: str
    number_label: str


@frozen
class PriceContext:
    """A unit price: ``amount`` in whole currency units (euros, not cents), per ``divisor`` units."""

    amount: Decimal
    currency: str
    divisor: int


@frozen(kw_only=True)
class LineItem:
    """One line. ``rate`` is a percentage (21 means 21 %); ``unit`` a localised word or None."""

    position: int
    description: str
    quantity: Decimal
    unit: str | None
    unit_price: PriceContext
    net: Money
    category: str
    rate: Decimal
    period: DateSpan | None
    supply_date: date | None
    original_position: int | None


@frozen(kw_only=True)
class VatGroup:
    """One row of the VAT breakdown (Directive 2006/112/EC art. 226 (8) to (10))."""

    category: str
    rate: Decimal
    label: str
    taxable: Money
    tax: Money


@frozen(kw_only=True)
class VatAccounting:
    """The VAT in the seller's currency, where the document has another (Directive 2006/112/EC art. 230).

    ``rate`` is how many units of the document's currency one of the seller's was on ``rate_date``.
    """

    currency: str
    rate: Decimal
    rate_date: date
    source: str
    net: Money
    tax: Money
    gross: Money


@frozen
class TotalsContext:
    """The document's sums; ``payable`` is what is asked for, after what was prepaid."""

    net: Money
    tax: Money
    gross: Money
    prepaid: Money
    payable: Money


@frozen(kw_only=True)
class PaymentContext:
    """How to pay. Present only where something is due.

    ``creditor_reference`` is structured (ISO 11649) and goes into the transfer's own field; ``qr`` is
    the text of the code that fills in the transfer, drawn by the filter ``qr``.
    """

    amount: Money
    due_date: date | None
    reference: str | None
    creditor_reference: str | None
    iban: str | None
    bic: str | None
    bank_name: str | None
    account_holder: str
    qr: str | None


@frozen(kw_only=True)
class InvoiceContext:
    """Everything a document template may name."""

    seller: SellerContext
    buyer: BuyerContext
    document: DocumentContext
    line_items: tuple[LineItem, ...]
    vat_breakdown: tuple[VatGroup, ...]
    vat_accounting: VatAccounting | None
    totals: TotalsContext
    notes: str | None
    reverse_charge: bool
    legal_notes: tuple[str, ...]
    payment: PaymentContext | None
    branding: Branding
    labels: Labels

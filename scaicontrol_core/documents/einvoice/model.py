"""An invoice or credit note in the business terms of EN 16931-1: what both syntaxes write.

Names are the standard's, numbers (BT-…, BG-…) stand beside them. Amounts are exact decimals in
whole units of the currency (euros, not cents), quantized to its minor unit, and positive for a
credit note, whose type code carries the sign. Optional terms are None and are then not written.
A writer decides nothing: order and element names only.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from attrs import frozen


class InvoiceType(StrEnum):
    """BT-3, UNTDID 1001."""

    COMMERCIAL_INVOICE = "380"
    CREDIT_NOTE = "381"
    SELF_BILLED_INVOICE = "389"
    SELF_BILLED_CREDIT_NOTE = "261"


class PaymentMeans(StrEnum):
    """BT-81, UNTDID 4461."""

    NOT_DEFINED = "1"
    CREDIT_TRANSFER = "30"
    DEBIT_TRANSFER = "31"
    SEPA_CREDIT_TRANSFER = "58"
    CLEARING = "97"


@frozen
class Identifier:
    """An identifier and the code of the scheme it belongs to, None where it needs none."""

    value: str
    scheme: str | None = None


@frozen
class InclusivePeriod:
    """First and last day, both included (BG-14: BT-73, BT-74; BG-26: BT-134, BT-135)."""

    first: date
    last: date


@frozen(kw_only=True)
class PostalAddress:
    """BG-5 of the seller, BG-8 of the buyer."""

    line1: str | None = None
    """BT-35, BT-50."""
    line2: str | None = None
    """BT-36, BT-51."""
    city: str | None = None
    """BT-37, BT-52."""
    postal_code: str | None = None
    """BT-38, BT-53."""
    subdivision: str | None = None
    """BT-39, BT-54: state, province."""
    country_code: str
    """BT-40, BT-55: ISO 3166-1."""


@frozen(kw_only=True)
class Contact:
    """BG-6 of the seller, BG-9 of the buyer."""

    name: str | None = None
    """BT-41, BT-56."""
    phone: str | None = None
    """BT-42, BT-57."""
    email: str | None = None
    """BT-43, BT-58."""


@frozen(kw_only=True)
class Seller:
    """BG-4."""

    name: str
    """BT-27, the legal name."""
    trading_name: str | None = None
    """BT-28, only where it is another name."""
    legal_registration: Identifier | None = None
    """BT-30, the trade register's number."""
    vat_identifier: str | None = None
    """BT-31, with its country prefix."""
    tax_registration: str | None = None
    """BT-32, the local tax number."""
    legal_information: str | None = None
    """BT-33."""
    electronic_address: Identifier | None = None
    """BT-34, always with a scheme."""
    address: PostalAddress
    contact: Contact | None = None


@frozen(kw_only=True)
class Buyer:
    """BG-7."""

    name: str
    """BT-44."""
    identifier: str | None = None
    """BT-46, the seller's number of this customer."""
    legal_registration: Identifier | None = None
    """BT-47."""
    vat_identifier: str | None = None
    """BT-48, with its country prefix."""
    electronic_address: Identifier | None = None
    """BT-49, always with a scheme."""
    address: PostalAddress
    contact: Contact | None = None


@frozen
class PrecedingInvoice:
    """BG-3: the invoice that a credit note corrects."""

    number: str
    """BT-25."""
    issue_date: date | None = None
    """BT-26."""


@frozen(kw_only=True)
class CreditTransfer:
    """BG-17: the account to pay to."""

    account: str
    """BT-84, an IBAN."""
    account_name: str | None = None
    """BT-85."""
    bank_identifier: str | None = None
    """BT-86, a BIC."""


@frozen(kw_only=True)
class PaymentInstructions:
    """BG-16."""

    means: PaymentMeans
    """BT-81."""
    remittance: str | None = None
    """BT-83, what the transfer quotes."""
    transfer: CreditTransfer | None = None


@frozen(kw_only=True)
class DocumentTotals:
    """BG-22, in the document's currency."""

    line_net: Decimal
    """BT-106. There are no allowances or charges: a discount is a line with a negative quantity."""
    tax_exclusive: Decimal
    """BT-109."""
    tax: Decimal
    """BT-110."""
    tax_inclusive: Decimal
    """BT-112."""
    prepaid: Decimal | None = None
    """BT-113, None if nothing was."""
    payable: Decimal
    """BT-115."""


@frozen(kw_only=True)
class TaxInAccountingCurrency:
    """BT-6 and BT-111: the VAT in the seller's currency, where the document has another."""

    currency: str
    tax: Decimal


@frozen(kw_only=True)
class VatGroup:
    """BG-23, one per category and rate."""

    category: str
    """BT-118, UNTDID 5305."""
    rate: Decimal | None
    """BT-119, percent. None: not written (category O, but for XRechnung)."""
    taxable: Decimal
    """BT-116."""
    tax: Decimal
    """BT-117."""
    exemption_reason: str | None = None
    """BT-120."""
    exemption_code: str | None = None
    """BT-121, of the VATEX list."""


@frozen(kw_only=True)
class InvoiceLine:
    """BG-25."""

    identifier: str
    """BT-126."""
    quantity: Decimal
    """BT-129; negative for what is taken off."""
    unit_code: str
    """BT-130 (and BT-150): UN/ECE recommendation 20."""
    net: Decimal
    """BT-131 = round(quantity × price / base quantity)."""
    period: InclusivePeriod | None = None
    """BG-26."""
    unit_price: Decimal
    """BT-146: never negative, as many decimals as it needs."""
    base_quantity: int = 1
    """BT-149: how many units the price is for; written only where it is not 1."""
    category: str
    """BT-151."""
    rate: Decimal | None
    """BT-152; None: not written (category O)."""
    name: str
    """BT-153."""
    description: str | None = None
    """BT-154: what follows the first line of the text."""
    seller_item: str | None = None
    """BT-155: the plan's key."""


@frozen(kw_only=True)
class EInvoice:
    """The whole document."""

    number: str
    """BT-1; empty before finalization."""
    issue_date: date
    """BT-2."""
    type: InvoiceType
    """BT-3."""
    currency: str
    """BT-5."""
    accounting_tax: TaxInAccountingCurrency | None = None
    due_date: date | None = None
    """BT-9; None on a credit note."""
    buyer_reference: str | None = None
    """BT-10."""
    order_reference: str | None = None
    """BT-13: the customer's own reference, where BT-10 routes the document."""
    payment_terms: str | None = None
    """BT-20."""
    note: str | None = None
    """BT-22, one for everything (Peppol allows one)."""
    process_id: str | None = None
    """BT-23."""
    specification_id: str
    """BT-24."""
    language: str
    """Of the texts; no term of the standard."""
    preceding: tuple[PrecedingInvoice, ...] = ()
    seller: Seller
    buyer: Buyer
    delivery_date: date | None = None
    """BT-72, where there is no period to say when it was supplied."""
    period: InclusivePeriod | None = None
    """BG-14; every line's period lies within it."""
    payment: PaymentInstructions | None = None
    totals: DocumentTotals
    vat_groups: tuple[VatGroup, ...]
    lines: tuple[InvoiceLine, ...]

    @property
    def is_self_billed(self) -> bool:
        """Tell whether its buyer wrote it."""
        return self.type in (InvoiceType.SELF_BILLED_INVOICE, InvoiceType.SELF_BILLED_CREDIT_NOTE)

    @property
    def is_credit_note(self) -> bool:
        """Tell whether it gives back."""
        return self.type in (InvoiceType.CREDIT_NOTE, InvoiceType.SELF_BILLED_CREDIT_NOTE)

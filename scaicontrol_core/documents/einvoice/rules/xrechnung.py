"""XRechnung 3.0: what it asks beyond EN 16931. Inside Peppol the same holds between two Germans."""

from __future__ import annotations

from collections.abc import Iterator

from scaicontrol_core.documents.einvoice.model import InvoiceType
from scaicontrol_core.documents.einvoice.rules.finding import Case, Finding, missing, wrong

_SELLER_TAXED = frozenset({"S", "Z", "E", "AE", "K", "G", "L", "M"})


def xrechnung(case: Case) -> Iterator[Finding]:
    """Yield what the XRechnung refuses."""
    einvoice = case.einvoice
    if einvoice.type is InvoiceType.SELF_BILLED_CREDIT_NOTE:
        message = "The XRechnung's list of types has self-billing invoices (389), and no credit note of them (261)."
        yield wrong("BR-DE-17", "BT-3", "/self_billed", message)
    yield from german(case, "BR-DE-{}")
    buyer_address, seller_address = einvoice.buyer.electronic_address, einvoice.seller.electronic_address
    yield from missing(
        "PEPPOL-EN16931-R010",
        "BT-49",
        "/buyer/contact_email",
        "An electronic address of the buyer (Peppol id, Leitweg-ID or e-mail)",
        buyer_address,
    )
    yield from missing(
        "PEPPOL-EN16931-R020",
        "BT-34",
        "/seller/email",
        "An electronic address of the seller (Peppol id or e-mail)",
        seller_address,
    )


def german(case: Case, rule: str) -> Iterator[Finding]:
    """Yield what is missing; ``rule`` is the id with ``{}`` for its number, as the specification pads it."""

    def number(digits: int) -> str:
        return rule.format(digits)

    einvoice, seller, buyer = case.einvoice, case.einvoice.seller, case.einvoice.buyer
    contact = seller.contact
    yield from missing(number(1), "BG-16", "/seller/iban", "The account to pay to", einvoice.payment)
    yield from missing(number(3), "BT-37", "/seller/city", "The seller's city", seller.address.city)
    yield from missing(number(4), "BT-38", "/seller/postal_code", "The seller's post code", seller.address.postal_code)
    phone, email = (contact.phone, contact.email) if contact else (None, None)
    yield from missing(number(6), "BT-42", "/seller/phone", "The seller's phone number", phone)
    yield from missing(number(7), "BT-43", "/seller/email", "The seller's e-mail address", email)
    yield from missing(number(8), "BT-52", "/buyer/city", "The buyer's city", buyer.address.city)
    yield from missing(number(9), "BT-53", "/buyer/postal_code", "The buyer's post code", buyer.address.postal_code)
    what = "A reference the buyer sorts its post by (Leitweg-ID, order)"
    yield from missing(number(15), "BT-10", "/buyer_reference", what, einvoice.buyer_reference)
    if case.categories & _SELLER_TAXED:
        known = seller.vat_identifier or seller.tax_registration
        yield from missing(number(16), "BT-31", "/seller/vat_number", "The seller's VAT number", known)

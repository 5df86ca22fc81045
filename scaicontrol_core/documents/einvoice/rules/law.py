"""What the law wants of every invoice, on paper as well (Directive 2006/112/EC art. 226)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scaicontrol_core.billing.frozen_document import FrozenDocument
from scaicontrol_core.documents.einvoice.rules.finding import Finding, missing

_TAXED = "S"
_REVERSE_CHARGE = "AE"


def law(document: FrozenDocument) -> Iterator[Finding]:
    """Yield what a tax inspector would miss.

    Number, dates, lines, rates and amounts are there by construction, and the seller's name and
    address were asked for earlier.
    """
    categories = {entry["category"] for entry in document.vat_entries}
    seller, buyer = document.seller, document.buyer
    if _REVERSE_CHARGE in categories:
        # The buyer owes the tax: both numbers must be there (art. 226(3) and (4)).
        yield from missing("Art. 226(3)", "BT-31", "/seller/vat_number", "The seller's VAT number", seller.vat_number)
        yield from missing("Art. 226(4)", "BT-48", "/buyer/vat_number", "The buyer's VAT number", buyer.vat_number)
    elif _TAXED in categories:
        known = seller.vat_number or seller.tax_number
        yield from missing("Art. 226(3)", "BT-31", "/seller/vat_number", "The seller's VAT number", known)


def advice(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what an invoice should show and may be issued without: the address of a business that buys.

    The law asks for its full name and address (art. 226(5)), yet not on a simplified invoice of a small
    amount, whose limit each country sets (art. 226b, 238), nor of a private person (art. 220). So it is
    told and not refused. Not every place has post codes.
    """
    buyer = document["buyer"]
    if not buyer["is_business"] or document["document_type"] != "invoice":
        return  # what a credit note shows is the invoice's, and can't be mended
    for field, term, what in (("address_line1", "BT-50", "street"), ("city", "BT-52", "city")):
        yield from missing("Art. 226(5)", term, f"/buyer/{field}", f"The buyer's {what}", buyer.get(field))

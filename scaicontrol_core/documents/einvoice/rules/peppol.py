"""Peppol BIS Billing 3: its own rules, and those of the sellers' countries within it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from scaicontrol_core.documents.einvoice.addressing import scheme_accepts
from scaicontrol_core.documents.einvoice.model import Identifier, PaymentMeans, PostalAddress
from scaicontrol_core.documents.einvoice.rules.finding import Case, Finding, missing, wrong
from scaicontrol_core.documents.einvoice.rules.xrechnung import german

#: Scheme → the rule that knows its check digits.
_SCHEME_RULES = {
    "0007": "PEPPOL-COMMON-R049",
    "0088": "PEPPOL-COMMON-R040",
    "0096": "PEPPOL-COMMON-R052",
    "0106": "PEPPOL-COMMON-R054",
    "0151": "PEPPOL-COMMON-R050",
    "0184": "PEPPOL-COMMON-R042",
    "0190": "PEPPOL-COMMON-R055",
    "0192": "PEPPOL-COMMON-R041",
    "0198": "PEPPOL-COMMON-R053",
    "0208": "PEPPOL-COMMON-R043",
    "9944": "PEPPOL-COMMON-R056-1",
}
_SWEDISH_RATES = frozenset({6, 12, 25})
_SWEDISH_VAT_LENGTH = 14
_ITALIAN_TAX_NUMBER = range(11, 17)


def peppol(case: Case) -> Iterator[Finding]:
    """Yield what the network refuses."""
    einvoice = case.einvoice
    what = "A reference of the buyer (its order, cost centre or our customer number)"
    yield from missing(
        "PEPPOL-EN16931-R003", "BT-10", "/buyer_reference", what, einvoice.buyer_reference or einvoice.order_reference
    )
    yield from _address("PEPPOL-EN16931-R010", "BT-49", "buyer", einvoice.buyer.electronic_address)
    yield from _address("PEPPOL-EN16931-R020", "BT-34", "seller", einvoice.seller.electronic_address)
    seller_country, _ = case.countries
    if case.countries == ("DE", "DE"):
        yield from german(case, "DE-R-{:03d}")
    if national := _NATIONAL.get(seller_country):
        yield from national(case)


def _address(rule: str, term: str, party: str, address: Identifier | None) -> Iterator[Finding]:
    pointer = f"/{party}/peppol_id"
    yield from missing(rule, term, pointer, f"The Peppol id of the {party}", address)
    if address and address.scheme and not scheme_accepts(address.scheme, address.value):
        message = f"{address.value!r} is no identifier of scheme {address.scheme}: shape or check digit is wrong."
        yield wrong(_SCHEME_RULES[address.scheme], term, pointer, message)


def _netherlands(case: Case) -> Iterator[Finding]:
    einvoice, seller = case.einvoice, case.einvoice.seller
    if einvoice.is_credit_note:
        yield from missing("NL-R-001", "BG-3", "/referenced_number", "The credited invoice", einvoice.preceding)
    yield from _whole_address("NL-R-002", "BG-5", "seller", seller.address)
    register = seller.legal_registration
    if register and register.scheme not in {"0106", "0190"}:
        message = f"{register.value!r} is no number of the Dutch trade register (8 digits) and no OIN (20 digits)."
        yield wrong("NL-R-003", "BT-30", "/seller/registration_number", message)
    if case.countries == ("NL", "NL"):
        yield from _whole_address("NL-R-004", "BG-8", "buyer", einvoice.buyer.address)
    if (einvoice.totals.payable < 0) is einvoice.is_credit_note and einvoice.totals.payable:
        yield from missing("NL-R-007", "BG-16", "/seller/iban", "The account to pay to", einvoice.payment)


def _whole_address(rule: str, term: str, party: str, address: PostalAddress) -> Iterator[Finding]:
    yield from missing(rule, term, f"/{party}/address_line1", f"The {party}'s street", address.line1)
    yield from missing(rule, term, f"/{party}/postal_code", f"The {party}'s post code", address.postal_code)
    yield from missing(rule, term, f"/{party}/city", f"The {party}'s city", address.city)


def _denmark(case: Case) -> Iterator[Finding]:
    einvoice, seller = case.einvoice, case.einvoice.seller
    register = seller.legal_registration
    what = "The seller's CVR number"
    yield from missing("DK-R-002", "BT-30", "/seller/registration_number", what, register)
    if register and register.scheme != "0184":
        message = f"{register.value!r} is no CVR number of 8 digits."
        yield wrong("DK-R-014", "BT-30", "/seller/registration_number", message)
    payment = einvoice.payment
    if payment and payment.transfer and payment.means is PaymentMeans.DEBIT_TRANSFER:
        yield from missing("DK-R-006", "BT-86", "/seller/bic", "The bank's BIC", payment.transfer.bank_identifier)
    if case.countries == ("DK", "DK") and einvoice.is_credit_note and einvoice.totals.payable < 0:
        yield wrong("DK-R-016", "BT-115", "/totals/payable_cents", "A Danish credit note can't ask for money.")


def _sweden(case: Case) -> Iterator[Finding]:
    seller = case.einvoice.seller
    if seller.vat_identifier and len(seller.vat_identifier) != _SWEDISH_VAT_LENGTH:
        message = "A Swedish VAT number has 12 digits after SE."
        yield wrong("SE-R-001", "BT-31", "/seller/vat_number", message)
    register = seller.legal_registration
    if register and register.scheme != "0007":
        message = f"{register.value!r} is no Swedish organization number of 10 digits with a sound check digit."
        yield wrong("SE-R-013", "BT-30", "/seller/registration_number", message)
    for group in case.einvoice.vat_groups:
        if group.category == "S" and group.rate not in _SWEDISH_RATES:
            message = f"A Swedish seller charges 25, 12 or 6 %, says Peppol, and not {group.rate} %."
            yield wrong("SE-R-006", "BT-119", "/buyer/preferred_einvoice_format", message)


def _italy(case: Case) -> Iterator[Finding]:
    seller = case.einvoice.seller
    number = seller.tax_registration
    if number and (len(number) not in _ITALIAN_TAX_NUMBER or not number.isalnum() or number != number.upper()):
        message = f"{number!r} is no codice fiscale: 11 to 16 capitals and digits."
        yield wrong("IT-R-001", "BT-32", "/seller/tax_number", message)
    yield from missing("IT-R-002", "BT-35", "/seller/address_line1", "The seller's street", seller.address.line1)
    yield from missing("IT-R-003", "BT-37", "/seller/city", "The seller's city", seller.address.city)
    yield from missing("IT-R-004", "BT-38", "/seller/postal_code", "The seller's post code", seller.address.postal_code)


def _greece(_: Case) -> Iterator[Finding]:
    # Six segments, one of them the tax office's own, make a Greek number there: no series of ours gives that.
    message = "Sellers in Greece need numbers and marks of the tax office's platform in Peppol; choose another format."
    yield wrong("GR-R-001-1", "BT-1", "/buyer/preferred_einvoice_format", message)


_NATIONAL: Mapping[str, Callable[[Case], Iterator[Finding]]] = {
    "DK": _denmark,
    "GR": _greece,
    "IT": _italy,
    "NL": _netherlands,
    "SE": _sweden,
}

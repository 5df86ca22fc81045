"""Peppol BIS Billing 3: its own rules, and those of the sellers' countries within it."""

from __future__ import annotations

import re
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
_NORWEGIAN_VAT = re.compile(r"NO[0-9]{9}MVA")
_KENNITALA = "0196"


def peppol(case: Case) -> Iterator[Finding]:
    """Yield what the network refuses."""
    einvoice = case.einvoice
    if einvoice.is_self_billed:
        rule = "PEPPOL-EN16931-P0101" if einvoice.is_credit_note else "PEPPOL-EN16931-P0100"
        message = f"Peppol BIS Billing carries no self-billing (type {einvoice.type.value}): its list has no such type."
        yield wrong(rule, "BT-3", "/self_billed", message)
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
        yield from _unprefixed("NL-R-005", case)
    if (einvoice.totals.payable < 0) is einvoice.is_credit_note and einvoice.totals.payable:
        yield from missing("NL-R-007", "BG-16", "/seller/iban", "The account to pay to", einvoice.payment)


def _whole_address(rule: str, term: str, party: str, address: PostalAddress) -> Iterator[Finding]:
    yield from missing(rule, term, f"/{party}/address_line1", f"The {party}'s street", address.line1)
    yield from missing(rule, term, f"/{party}/postal_code", f"The {party}'s post code", address.postal_code)
    yield from missing(rule, term, f"/{party}/city", f"The {party}'s city", address.city)


def _unprefixed(rule: str, case: Case) -> Iterator[Finding]:
    """Yield a buyer's VAT number that no country leads: it would stand where only register numbers may."""
    register = case.einvoice.buyer.legal_registration
    if register:
        message = f"{register.value!r} is no VAT number with its country in front, and no register number."
        yield wrong(rule, "BT-47", "/buyer/vat_number", message)


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
    if case.countries != ("DK", "DK"):
        return
    yield from _unprefixed("DK-R-017", case)
    if einvoice.is_credit_note and einvoice.totals.payable < 0:
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


def _norway(case: Case) -> Iterator[Finding]:
    number = case.einvoice.seller.vat_identifier
    if number and not (_NORWEGIAN_VAT.fullmatch(number) and scheme_accepts("0192", number[2:11])):
        message = f"{number!r} is no Norwegian VAT number: NO, nine digits of which the last is a check, MVA."
        yield wrong("NO-R-001", "BT-31", "/seller/vat_number", message)


def _iceland(case: Case) -> Iterator[Finding]:
    seller, buyer = case.einvoice.seller, case.einvoice.buyer
    register = seller.legal_registration
    if register is None or register.scheme != _KENNITALA:
        message = "A seller in Iceland states its kennitala, ten digits with a sound check digit."
        yield wrong("IS-R-002", "BT-30", "/seller/registration_number", message)
    yield from _street_and_code("IS-R-003", "BG-5", "seller", seller.address)
    if case.countries == ("IS", "IS"):
        # Of buyers we know no register number, which both Icelanders must have there.
        message = "A buyer in Iceland is named by its kennitala, which we do not know; choose another format."
        yield wrong("IS-R-004", "BT-47", "/buyer/preferred_einvoice_format", message)
        yield from _street_and_code("IS-R-005", "BG-8", "buyer", buyer.address)


def _street_and_code(rule: str, term: str, party: str, address: PostalAddress) -> Iterator[Finding]:
    yield from missing(rule, term, f"/{party}/address_line1", f"The {party}'s street", address.line1)
    yield from missing(rule, term, f"/{party}/postal_code", f"The {party}'s post code", address.postal_code)


def _greece(_: Case) -> Iterator[Finding]:
    # Both fatal and out of our hands: the number has six parts (among them the issuer's tax number, the branch and
    # the platform's code of the document), and the mark is what myDATA answers to an invoice that was reported to it.
    # An invoice numbered by a series of its own, before anybody reported it, has neither.
    where = "/buyer/preferred_einvoice_format"
    number = "A Greek seller's number in Peppol has six parts that the tax office's platform prescribes; ours has one."
    yield wrong("GR-R-001-1", "BT-1", where, f"{number} Choose another format.")
    mark = "A Greek seller's invoice bears in Peppol the mark that the tax office's platform gives after it is issued."
    yield wrong("GR-R-004-1", "BT-122", where, f"{mark} Choose another format.")


_NATIONAL: Mapping[str, Callable[[Case], Iterator[Finding]]] = {
    "DK": _denmark,
    "GR": _greece,
    "IS": _iceland,
    "IT": _italy,
    "NL": _netherlands,
    "NO": _norway,
    "SE": _sweden,
}

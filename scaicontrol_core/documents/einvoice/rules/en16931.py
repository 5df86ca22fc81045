"""The rules of EN 16931 that data can break: who must be identified how, codes, decimals.

Rules about structure (order, mandatory groups) are the writers' and are not asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from scaicontrol_core.documents.einvoice.addressing import is_country
from scaicontrol_core.documents.einvoice.rules.finding import Case, Finding, missing, wrong
from scaicontrol_core.documents.einvoice.rules.unit_codes import UNIT_CODES

_SELLER_VAT, _BUYER_VAT = "/seller/vat_number", "/buyer/vat_number"
#: Category → rule that wants the seller identified for VAT: by BT-31 or BT-32, or by BT-31 alone.
_SELLER_IDENTIFIED = {"S": "BR-S-02", "Z": "BR-Z-02", "E": "BR-E-02", "AE": "BR-AE-02"}
_SELLER_VAT_ONLY = {"G": "BR-G-02", "K": "BR-IC-02"}
_BUYER_IDENTIFIED = {"AE": "BR-AE-02", "K": "BR-IC-02"}
#: Exemption reason → the one category it may stand with, and the rule that says so (Peppol; true everywhere).
_REASONS = {
    "VATEX-EU-G": ("G", "PEPPOL-EN16931-P0104"),
    "VATEX-EU-O": ("O", "PEPPOL-EN16931-P0105"),
    "VATEX-EU-IC": ("K", "PEPPOL-EN16931-P0106"),
    "VATEX-EU-AE": ("AE", "PEPPOL-EN16931-P0107"),
    "VATEX-EU-D": ("E", "PEPPOL-EN16931-P0108"),
    "VATEX-EU-F": ("E", "PEPPOL-EN16931-P0109"),
    "VATEX-EU-I": ("E", "PEPPOL-EN16931-P0110"),
    "VATEX-EU-J": ("E", "PEPPOL-EN16931-P0111"),
}
_REASON = re.compile(r"VATEX-[A-Z]{2}-[0-9A-Z]+(?:-[0-9A-Z]+)*")
_CATEGORIES = frozenset({"S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"})
_MOST_DECIMALS = 2


def en16931(case: Case) -> Iterator[Finding]:
    """Yield what every format refuses."""
    yield from _names(case)
    yield from _identification(case)
    yield from _categories(case)
    yield from _lines(case)
    yield from _decimals(case)


def _names(case: Case) -> Iterator[Finding]:
    seller, buyer = case.einvoice.seller, case.einvoice.buyer
    yield from missing("BR-06", "BT-27", "/seller/legal_name", "The seller's name", seller.name)
    yield from missing("BR-07", "BT-44", "/buyer/company_name", "The buyer's name", buyer.name)
    for party, term, code in zip(("seller", "buyer"), ("BT-40", "BT-55"), case.countries, strict=True):
        if not is_country(code):
            yield wrong("BR-CL-14", term, f"/{party}/country_code", f"{code!r} is no country of ISO 3166-1.")


def _identification(case: Case) -> Iterator[Finding]:
    seller, buyer = case.einvoice.seller, case.einvoice.buyer
    for category in sorted(case.categories):
        if rule := _SELLER_IDENTIFIED.get(category):
            known = seller.vat_identifier or seller.tax_registration
            yield from missing(rule, "BT-31", _SELLER_VAT, "The seller's VAT number", known)
        if rule := _SELLER_VAT_ONLY.get(category):
            yield from missing(rule, "BT-31", _SELLER_VAT, "The seller's VAT number", seller.vat_identifier)
        if rule := _BUYER_IDENTIFIED.get(category):
            yield from missing(rule, "BT-48", _BUYER_VAT, "The buyer's VAT number", buyer.vat_identifier)
    identified = seller.legal_registration or seller.vat_identifier
    what = "The seller's register number (its VAT number may not be shown outside the scope of VAT)"
    yield from missing("BR-CO-26", "BT-30", "/seller/registration_number", what, identified)


def _categories(case: Case) -> Iterator[Finding]:
    categories = case.categories
    if "O" in categories and len(categories) > 1:
        yield wrong(
            "BR-O-11",
            "BT-118",
            "/lines",
            "What is outside the scope of VAT needs an invoice of its own, apart from what is taxed.",
        )
    for unknown in sorted(categories - _CATEGORIES):
        yield wrong("BR-CL-17", "BT-118", "/vat_details/entries", f"{unknown!r} is no VAT category.")
    for group in case.einvoice.vat_groups:
        if group.exemption_code and not _REASON.fullmatch(group.exemption_code):
            message = f"{group.exemption_code!r} is no code of the VATEX list."
            yield wrong("BR-CL-22", "BT-121", "/vat_details/entries", message)
        category, rule = _REASONS.get(group.exemption_code or "", (group.category, ""))
        if category != group.category:
            message = f"{group.exemption_code} goes with category {category}, not with {group.category}."
            yield wrong(rule, "BT-121", "/vat_details/entries", message)


def _lines(case: Case) -> Iterator[Finding]:
    for index, line in enumerate(case.einvoice.lines):
        yield from missing("BR-25", "BT-153", f"/lines/{index}/description", "The name of what was sold", line.name)
        if line.unit_code not in UNIT_CODES:
            message = f"{line.unit_code!r} is no unit of UN/ECE recommendation 20 or 21."
            yield wrong("BR-CL-23", "BT-130", f"/lines/{index}/unit_code", message)
        if line.unit_price < 0:
            message = "A price is never negative: what is taken off has a negative quantity."
            yield wrong("BR-27", "BT-146", f"/lines/{index}/unit_price_cents", message)


def _decimals(case: Case) -> Iterator[Finding]:
    """Yield a finding per kind of amount that needs a third decimal, as dinars of Kuwait or Tunisia can."""
    einvoice, totals = case.einvoice, case.einvoice.totals
    accounting = einvoice.accounting_tax.tax if einvoice.accounting_tax else None
    amounts: list[tuple[str, str, Decimal | None]] = [
        ("BR-DEC-09", "BT-106", totals.line_net),
        ("BR-DEC-12", "BT-109", totals.tax_exclusive),
        ("BR-DEC-13", "BT-110", totals.tax),
        ("BR-DEC-14", "BT-112", totals.tax_inclusive),
        ("BR-DEC-15", "BT-111", accounting),
        ("BR-DEC-16", "BT-113", totals.prepaid),
        ("BR-DEC-18", "BT-115", totals.payable),
        *(("BR-DEC-19", "BT-116", group.taxable) for group in einvoice.vat_groups),
        *(("BR-DEC-20", "BT-117", group.tax) for group in einvoice.vat_groups),
        *(("BR-DEC-23", "BT-131", line.net) for line in einvoice.lines),
    ]
    too_fine = dict.fromkeys((rule, term) for rule, term, amount in amounts if _decimals_of(amount) > _MOST_DECIMALS)
    for rule, term in too_fine:
        message = f"An e-invoice has amounts of two decimals; this one in {einvoice.currency} needs a third."
        yield wrong(rule, term, "/currency", message)


def _decimals_of(amount: Decimal | None) -> int:
    exponent = amount.as_tuple().exponent if amount is not None else 0
    return -exponent if isinstance(exponent, int) else 0

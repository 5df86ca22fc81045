"""A rule that a document breaks, and what the rules look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from scaicontrol_core.documents.einvoice.model import EInvoice
from scaicontrol_core.documents.einvoice.profiles import Profile

_PARTNER = "PATCH /api/v1/admin/partners/{id}"
_BUYER = "PUT /api/v1/admin/tenants/{id}/billing-profile"
_DRAFT = "PATCH /api/v1/admin/invoices/{id}"
#: Fields of the seller's snapshot that its configuration calls by the same name.
_SAME_NAME = frozenset({"legal_name", "iban", "bic", "bank_name", "account_holder"})
_FAULT = "Nothing to mend: this is a fault of the program, please report it."


@frozen
class Finding:
    """One breach, which a receiver or its network would refuse the document for.

    ``rule`` is the published id (``BR-DE-6``) or the article of Directive 2006/112/EC, ``term``
    the business term it is about (``BT-42``), ``pointer`` an RFC 6901 pointer into the frozen
    document, ``where`` how to mend it.
    """

    rule: str
    term: str
    pointer: str
    message: str
    where: str


@frozen
class Case:
    """A document before its rules: as it was frozen, as the format shows it, and the format."""

    document: Mapping[str, Any]
    einvoice: EInvoice
    profile: Profile

    @property
    def countries(self) -> tuple[str, str]:
        """The seller's and the buyer's, which decide on national rules."""
        return self.einvoice.seller.address.country_code, self.einvoice.buyer.address.country_code

    @property
    def categories(self) -> frozenset[str]:
        """The VAT categories the document bears."""
        return frozenset(group.category for group in self.einvoice.vat_groups)


def wrong(rule: str, term: str, pointer: str, message: str) -> Finding:
    """Return a finding; how to mend it follows from what it points at."""
    return Finding(rule, term, pointer, message, mending(pointer))


def missing(rule: str, term: str, pointer: str, what: str, value: object) -> Iterator[Finding]:
    """Yield a finding if there is no value."""
    if not value:
        yield wrong(rule, term, pointer, f"{what} is missing.")


def mending(pointer: str) -> str:
    """Return which call sets what the pointer names."""
    top, _, name = pointer.removeprefix("/").partition("/")
    if top == "seller":
        return f"{_PARTNER}: {name if name in _SAME_NAME else f'seller_{name}'}"
    if top == "buyer":
        return f"{_BUYER}: {name}"
    if top == "self_billed":
        return f"{_PARTNER} of its buyer: another purchase_einvoice_format, or none"
    if top == "buyer_reference":
        return f"{_BUYER}: buyer_reference, or {_DRAFT}: buyer_reference"
    if top in {"lines", "currency", "notes"}:
        return f"{_DRAFT}: {top}"
    return _FAULT

"""The frozen document: what a finalized invoice says, for ever.

It holds everything the paper shows and nothing of the database around it, so two systems that
bill the same facts freeze the same bytes. Its canonical JSON is what the chain hashes.
Amounts are integer minor units of ``currency``; dates are local to the seller; optional
values are null. Published as ``scaicontrol.document/1``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Self

from attrs import fields, frozen

SCHEMA = "scaicontrol.document/1"
_DAYS = frozenset({"issue_date", "due_date", "period_start", "period_end", "supply_date", "referenced_issue_date"})


@frozen(kw_only=True)
class SellerSnapshot:
    """The seller as it was at finalization (Directive 2006/112/EC art. 226(5), (3))."""

    legal_name: str
    country_code: str
    language: str
    timezone: str
    trading_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    vat_number: str | None = None
    registration_number: str | None = None
    tax_number: str | None = None
    email: str | None = None
    phone: str | None = None
    iban: str | None = None
    bic: str | None = None
    bank_name: str | None = None
    account_holder: str | None = None
    peppol_id: str | None = None
    peppol_scheme: str | None = None
    logo_url: str | None = None
    footer_text: str | None = None
    brand_color: str | None = None
    brand_font: str | None = None
    brand_font_bold: str | None = None


@frozen(kw_only=True)
class BuyerSnapshot:
    """The buyer as it was at finalization (art. 226(5), (4))."""

    company_name: str
    country_code: str
    preferred_language: str
    is_business: bool
    tax_exempt: bool
    address_line1: str | None = None
    address_line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    vat_number: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    peppol_id: str | None = None
    peppol_scheme: str | None = None
    leitweg_id: str | None = None
    preferred_einvoice_format: str | None = None
    buyer_reference: str | None = None
    external_reference: str | None = None


@frozen(kw_only=True)
class FrozenLine:
    """One line; ``tax_cents`` is its share of the group's VAT, for display only.

    ``original_position`` is the line of the invoice that a credit note's line takes back.
    """

    position: int
    description: str
    quantity: str
    unit_code: str
    unit_price_cents: str
    price_divisor: int
    net_cents: int
    category: str
    rate_bp: int
    tax_cents: int
    supply_date: date
    period_start: date | None
    period_end: date | None
    plan_key: str | None
    original_position: int | None = None


@frozen(kw_only=True)
class FrozenTotals:
    """The document's sums: gross = net + tax, payable = gross − prepaid."""

    net_cents: int
    tax_cents: int
    gross_cents: int
    prepaid_cents: int
    payable_cents: int


@frozen(kw_only=True)
class FrozenDocument:
    """A whole document.

    ``vat_entries`` are the rows of ``vat_details.entries``; ``vat_evidence`` is what was known of
    the buyer's VAT number, ``vat_inputs`` what the decisions of all lines had in common.
    ``vat_accounting`` states the VAT in the seller's currency where the document has another
    (Directive 2006/112/EC art. 230). ``reason`` is a credit note's, ``creditor_reference`` the
    ISO 11649 reference a euro transfer quotes. ``self_billed``: the buyer wrote it in the seller's name
    (art. 226(10a)).
    """

    document_type: str
    number: str
    issue_date: date
    due_date: date
    currency: str
    language: str
    seller: SellerSnapshot
    buyer: BuyerSnapshot
    lines: tuple[FrozenLine, ...]
    vat_entries: tuple[dict[str, Any], ...]
    totals: FrozenTotals
    payment_terms_days: int
    payment_reference: str
    period_start: date | None = None
    period_end: date | None = None
    notes: str | None = None
    buyer_reference: str | None = None
    referenced_number: str | None = None
    referenced_issue_date: date | None = None
    template_name: str | None = None
    reason: str | None = None
    creditor_reference: str | None = None
    vat_evidence: dict[str, Any] | None = None
    vat_inputs: dict[str, Any] | None = None
    vat_accounting: dict[str, Any] | None = None
    self_billed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain JSON values, in the published schema."""
        plain = _plain(self)
        plain["schema"] = SCHEMA
        if not self.self_billed:
            del plain["self_billed"]  # said only where it is so
        plain["seller"], plain["buyer"], plain["totals"] = map(_plain, (self.seller, self.buyer, self.totals))
        plain["lines"] = [_plain(line) for line in self.lines]
        plain["vat_details"] = {
            "entries": [dict(entry) for entry in plain.pop("vat_entries")],
            "evidence": plain.pop("vat_evidence"),
            "inputs": plain.pop("vat_inputs"),
        }
        plain["template"] = {"name": plain.pop("template_name")}
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Read a document of the published schema, as ``to_dict`` wrote it.

        Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what the schema does not allow.
        """
        details, rest = plain["vat_details"], dict(plain)
        for name in ("schema", "vat_details", "template"):
            del rest[name]
        own = rest | {
            "seller": SellerSnapshot(**plain["seller"]),
            "buyer": BuyerSnapshot(**plain["buyer"]),
            "lines": tuple(FrozenLine(**_dated(line)) for line in plain["lines"]),
            "totals": FrozenTotals(**plain["totals"]),
            "vat_entries": tuple(details["entries"]),
            "vat_evidence": details.get("evidence"),
            "vat_inputs": details.get("inputs"),
            "template_name": plain["template"]["name"],
        }
        return cls(**_dated(own))

    def canonical(self) -> str:
        """Return the canonical JSON text that is stored, hashed and archived."""
        return canonical_json(self.to_dict())


def _dated(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: date.fromisoformat(each) if name in _DAYS and each else each for name, each in plain.items()}


def canonical_json(value: object) -> str:
    """Write JSON in the one form we hash: sorted keys, no blanks, text as UTF-8, no floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in fields(kind))


def _plain(value: Any) -> dict[str, Any]:
    """Return one level of a value; attrs' own ``asdict`` walks any shape, at four times the cost."""
    kind: Any = type(value)
    pairs = ((name, getattr(value, name)) for name in _names(kind))
    return {name: each.isoformat() if isinstance(each, date) else each for name, each in pairs}

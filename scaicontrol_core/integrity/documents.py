"""A numbered document adds up: lines, VAT groups and totals, to the minor unit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.integrity.finding import Finding, IntegrityRule
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
from scaicontrol_core.kernel.money import round_half_away

_WHOLE = 10_000  # basis points
#: What reading a document of another shape raises.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


@frozen(kw_only=True)
class StoredDocument:
    """A numbered document as the database keeps it: its frozen text, and what stands beside it.

    ``billed_at_once``: a billing run numbered it as it drafted it, so that nobody edited its lines.
    """

    invoice_id: InvoiceId
    seller_id: PartnerId
    document_type: DocumentType
    number: str
    voided_at: datetime | None
    billed_at_once: bool
    canonical: str


def document_findings(stored: StoredDocument) -> Iterator[Finding]:
    """Yield everything in a document that does not add up; amounts in its minor units.

    A credit note takes cumulative differences, so its VAT may be one minor unit off its own
    rate; an invoice's may not (EN 16931 BR-CO-17).
    """
    try:
        faults = tuple(_faults(json.loads(stored.canonical), stored.document_type))
    except UNREADABLE:
        faults = ("its frozen document can't be read",)
    for fault in faults:
        yield Finding(
            IntegrityRule.DOCUMENTS_ADD_UP, "invoice", stored.invoice_id, f"{stored.number or 'No number'}: {fault}"
        )


def _faults(document: Mapping[str, Any], document_type: DocumentType) -> Iterator[str]:
    lines, totals = document["lines"], document["totals"]
    entries = document["vat_details"]["entries"]
    slack = 1 if document_type.is_credit_note else 0
    for entry in entries:
        rate_bp = int(entry["rate"].replace(".", ""))
        named = f"VAT group {entry['category']} {entry['rate']}"
        own = [line for line in lines if (line["category"], line["rate_bp"]) == (entry["category"], rate_bp)]
        yield from _differs(f"{named} net", entry["taxable_cents"], sum(line["net_cents"] for line in own))
        yield from _differs(f"{named} VAT", entry["amount_cents"], sum(line["tax_cents"] for line in own))
        due = round_half_away(entry["taxable_cents"] * rate_bp, _WHOLE)
        if abs(entry["amount_cents"] - due) > slack:
            yield f"{named} VAT is {entry['amount_cents']}, its rate gives {due}"
    yield from _differs("net", totals["net_cents"], sum(line["net_cents"] for line in lines))
    yield from _differs("net of the VAT groups", totals["net_cents"], sum(entry["taxable_cents"] for entry in entries))
    yield from _differs("VAT", totals["tax_cents"], sum(entry["amount_cents"] for entry in entries))
    yield from _differs("gross", totals["gross_cents"], totals["net_cents"] + totals["tax_cents"])
    yield from _differs("payable", totals["payable_cents"], totals["gross_cents"] - totals["prepaid_cents"])


def _differs(what: str, stated: int, added: int) -> Iterator[str]:
    if stated != added:
        yield f"{what} says {stated}, its parts sum to {added}"

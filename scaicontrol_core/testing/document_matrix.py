"""Frozen documents of every kind that an e-invoice has to carry: treatment × kind × what is odd about it.

Each is sound: sums add up, snapshots are complete for all five formats. A test that sends the
whole matrix through writers and official rules finds what a single sample never shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from attrs import frozen

from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net
from scaicontrol_core.tax.mentions import LegalNote, legal_note
from scaicontrol_core.testing.documents import sample_invoice, sample_line

Document = dict[str, Any]
Line = dict[str, Any]


class Treatment(StrEnum):
    """The VAT of a document, by the categories of EN 16931; mixed are three groups at once."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"
    EXEMPT = "E"
    MIXED = "mixed"


class Kind(StrEnum):
    """Invoice, or credit note over all of it or over one part of one line."""

    INVOICE = "invoice"
    FULL_CREDIT = "full_credit"
    PARTIAL_CREDIT = "partial_credit"


@frozen
class _Vat:
    """What a line and its group say."""

    category: str
    rate_bp: int = 0
    note: LegalNote | None = None
    vatex: str | None = None


_S21, _S9 = _Vat("S", 2100), _Vat("S", 900)
_EXEMPT = _Vat("E", note=LegalNote.EXEMPT_BUYER, vatex="VATEX-EU-151")
_VAT = {
    Treatment.STANDARD: (_S21,),
    Treatment.REVERSE_CHARGE: (_Vat("AE", note=LegalNote.REVERSE_CHARGE, vatex="VATEX-EU-AE"),),
    Treatment.EXPORT: (_Vat("G", note=LegalNote.OUTSIDE_EU_BUSINESS, vatex="VATEX-EU-G"),),
    Treatment.OUTSIDE_SCOPE: (_Vat("O", note=LegalNote.OUTSIDE_EU_BUSINESS, vatex="VATEX-EU-O"),),
    Treatment.EXEMPT: (_EXEMPT,),
    Treatment.MIXED: (_S21, _S9, _EXEMPT),
}
_DUTCH: dict[str, Any] = {"peppol_id": "73602809", "peppol_scheme": "0106"}
_GERMAN = {
    "company_name": "Müller & Söhne Präzisionswerkzeuge GmbH",
    "address_line1": "Königsallee 61",
    "postal_code": "40215",
    "city": "Düsseldorf",
    "country_code": "DE",
    "vat_number": "DE129273398",
    "preferred_language": "de",
    "peppol_id": "DE129273398",
    "peppol_scheme": "9930",
}
_AMERICAN = {
    "company_name": "Blue Ridge Analytics, Inc.",
    "address_line1": "118 Haywood Street",
    "postal_code": "28801",
    "city": "Asheville",
    "state": "NC",
    "country_code": "US",
    "vat_number": None,
    "preferred_language": "en",
    "peppol_id": "7300010000001",
    "peppol_scheme": "0088",
}
_BUYERS: dict[Treatment, dict[str, Any]] = {
    Treatment.REVERSE_CHARGE: _GERMAN,
    Treatment.EXPORT: _AMERICAN,
    Treatment.OUTSIDE_SCOPE: _AMERICAN,
}
_GERMAN_SELLER = {
    "legal_name": "Nordlicht Cloud GmbH",
    "trading_name": "Nordlicht",
    "address_line1": "Hafenstraße 12",
    "postal_code": "20457",
    "city": "Hamburg",
    "country_code": "DE",
    "vat_number": "DE136695976",
    "registration_number": "HRB 123456",
    "tax_number": "27/123/45678",
    "language": "de",
    "timezone": "Europe/Berlin",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
}
#: Whole units for one euro; a yen has no hundredths.
_RATES = {"USD": "1.25", "JPY": "125"}
_LEITWEG = "04011000-1234512345-06"


def _plain(document: Document) -> Document:
    return document


def with_lines(*rows: dict[str, Any]) -> Callable[[Document], Document]:
    """Return an oddity: these lines instead, whose VAT goes round the document's treatments."""

    def odd(document: Document) -> Document:
        vat = [(line["category"], line["rate_bp"]) for line in document["lines"]]
        count = max(len(rows), len(vat))
        lines = [_priced(place, vat[place % len(vat)], rows[place % len(rows)]) for place in range(count)]
        return document | {"lines": lines}

    return odd


def _priced(place: int, vat: tuple[str, int], row: dict[str, Any]) -> Line:
    price = UnitPrice(Decimal(row.get("unit_price_cents", "19900")), row.get("price_divisor", 1))
    net = line_net(Quantity(Decimal(row.get("quantity", "1"))), price)
    return sample_line(place + 1, category=vat[0], rate_bp=vat[1], **(row | {"net_cents": net}))


def _buyer(**facts: Any) -> Callable[[Document], Document]:
    return lambda document: document | {"buyer": document["buyer"] | facts}


def _in_dollars(document: Document) -> Document:
    return document | {"currency": "USD", "creditor_reference": None}


def _in_yen(document: Document) -> Document:
    return document | {"currency": "JPY", "creditor_reference": None}


def _between_germans(document: Document) -> Document:
    facts = {"seller": document["seller"] | _GERMAN_SELLER, "buyer": document["buyer"] | _GERMAN, "language": "de"}
    return document | facts


def _without_period(document: Document) -> Document:
    lines = [line | {"period_start": None, "period_end": None} for line in document["lines"]]
    return document | {"lines": lines, "period_start": None, "period_end": None}


#: What is odd about a document → how it differs from the plain one, before its sums are made.
ODDITIES: dict[str, Callable[[Document], Document]] = {
    "plain": _plain,
    "one_cent": with_lines({"quantity": "1", "unit_price_cents": "1"}),
    "nothing_to_pay": with_lines({"quantity": "1"}, {"quantity": "-1"}),
    "nine_decimals": with_lines(
        {"quantity": "1234567.123456789", "unit_price_cents": "12.5", "price_divisor": 1000, "unit_code": "C62"},
        {"quantity": "0.000000001", "unit_price_cents": "99999999", "unit_code": "HUR"},
    ),
    "sixty_lines": with_lines(
        *({"description": f"Seat {seat}", "unit_price_cents": str(995 + 7 * seat)} for seat in range(60))
    ),
    "discount": with_lines({}, {}, {}, {"description": "10 % off", "quantity": "-0.1", "plan_key": None}),
    "negative_line": with_lines(
        {"quantity": "3", "unit_price_cents": "3333"}, {"description": "Returned", "quantity": "-2.5"}
    ),
    "dollars": _in_dollars,
    "yen": _in_yen,
    "other_scripts": _buyer(company_name="Αφοί Παπαδόπουλοι & Čeněk <Ž> 株式会社𠮷 Ltd", city="İstanbul"),
    "long_notes": lambda document: document | {"notes": "Zahlbar ohne Abzug; & <gilt> für alles.\n" * 60},
    "leitweg": _buyer(leitweg_id=_LEITWEG, peppol_id=None, peppol_scheme=None, buyer_reference="PO-7"),
    "peppol_belgium": _buyer(peppol_id="0403170701", peppol_scheme="0208"),
    "peppol_norway": _buyer(peppol_id="974760673", peppol_scheme="0192"),
    "german_parties": _between_germans,
    "no_period": _without_period,
    "several_texts": with_lines({"description": "ScaiKey Pro\nFifty users, support by telephone\nContract 4711"}),
}


def matrix() -> Iterator[tuple[str, Document]]:
    """Yield name and document of every combination."""
    for treatment in Treatment:
        for oddity in ODDITIES:
            for kind in Kind:
                yield f"{treatment.value}-{oddity}-{kind.value}", matrix_document(treatment, oddity, kind)


def matrix_document(
    treatment: Treatment, oddity: str | Callable[[Document], Document] = "plain", kind: Kind = Kind.INVOICE
) -> Document:
    """Return one document of the matrix, or one with an oddity of one's own."""
    vat = _VAT[treatment]
    buyer = _DUTCH | _BUYERS.get(treatment, {})
    lines = [sample_line(place, category=each.category, rate_bp=each.rate_bp) for place, each in enumerate(vat, 1)]
    plain = sample_invoice(lines=lines, buyer=buyer, language=buyer.get("preferred_language", "nl"))
    invoice = (ODDITIES[oddity] if isinstance(oddity, str) else oddity)(plain)
    if kind is not Kind.INVOICE:
        invoice = _credited(invoice, kind)
    return _summed(invoice, {(each.category, each.rate_bp): each for each in vat})


def _credited(invoice: Document, kind: Kind) -> Document:
    lines: Sequence[Line] = [
        line | {"quantity": _negated(line["quantity"]), "net_cents": -line["net_cents"], "original_position": number}
        for number, line in enumerate(invoice["lines"], 1)
    ]
    if kind is Kind.PARTIAL_CREDIT:
        part = max(abs(lines[0]["net_cents"]) // 3, 1)
        shown = {"quantity": "-1", "unit_price_cents": str(part), "price_divisor": 1, "net_cents": -part}
        lines = [lines[0] | shown]
    return invoice | {
        "lines": list(lines),
        "document_type": "credit_note",
        "number": "SCAI-CN-2026-000003",
        "payment_reference": "SCAI-CN-2026-000003",
        "creditor_reference": None,
        "due_date": invoice["issue_date"],
        "reason": "Cancelled within the month",
        "referenced_number": invoice["number"],
        "referenced_issue_date": invoice["issue_date"],
    }


def _negated(quantity: str) -> str:
    return quantity[1:] if quantity.startswith("-") else f"-{quantity}"


def _summed(document: Document, vat: dict[tuple[str, int], _Vat]) -> Document:
    """Make groups, totals and the sums in the seller's currency from the lines."""
    lines = list(_taxed(document["lines"]))
    groups = dict.fromkeys((line["category"], line["rate_bp"]) for line in lines)
    entries = [_entry(lines, vat[group]) for group in groups]
    net, tax = (sum(entry[name] for entry in entries) for name in ("taxable_cents", "amount_cents"))
    totals = {
        "net_cents": net,
        "tax_cents": tax,
        "gross_cents": net + tax,
        "prepaid_cents": 0,
        "payable_cents": net + tax,
    }
    details = document["vat_details"] | {"entries": entries}
    accounting = _in_euros(entries, document["currency"]) if document["currency"] in _RATES else None
    return document | {"lines": lines, "vat_details": details, "totals": totals, "vat_accounting": accounting}


def _taxed(lines: Sequence[Line]) -> Iterator[Line]:
    """Give each line its share: what the group's VAT grows by with it."""
    nets: dict[tuple[str, int], int] = {}
    for line in lines:
        group = line["category"], line["rate_bp"]
        before = nets.get(group, 0)
        nets[group] = before + line["net_cents"]
        share = round_half_away(nets[group] * group[1], 10_000) - round_half_away(before * group[1], 10_000)
        yield line | {"tax_cents": share}


def _entry(lines: Sequence[Line], vat: _Vat) -> dict[str, Any]:
    taxable = sum(
        line["net_cents"] for line in lines if (line["category"], line["rate_bp"]) == (vat.category, vat.rate_bp)
    )
    rate = f"{vat.rate_bp // 100}.{vat.rate_bp % 100:02}"
    return {
        "category": vat.category,
        "rate": rate,
        "label": f"VAT {rate}%",
        "taxable_cents": taxable,
        "amount_cents": round_half_away(taxable * vat.rate_bp, 10_000),
        "legal_note": legal_note(vat.note) if vat.note else None,
        "treatment": "domestic",
        "vatex": vat.vatex,
        "country": "NL",
        "rate_id": None,
        "review": False,
        "rule": "domestic",
        "law": "Directive 2006/112/EC Art. 44 and 193",
    }


def _in_euros(entries: Sequence[dict[str, Any]], currency: str) -> dict[str, Any]:
    """State the sums in cents: five of the document's minor units make four."""
    own = [
        {name: round_half_away(entry[name] * 4, 5) for name in ("taxable_cents", "amount_cents")} for entry in entries
    ]
    net, tax = (sum(entry[name] for entry in own) for name in ("taxable_cents", "amount_cents"))
    return {
        "currency": "EUR",
        "rate": _RATES[currency],
        "rate_date": "2026-01-30",
        "source": "ECB",
        "net_cents": net,
        "tax_cents": tax,
        "gross_cents": net + tax,
        "entries": own,
    }

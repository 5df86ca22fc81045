"""Sample documents of every shape: for tests, template previews and validation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from scaicontrol_core.documents.statement import EntryKind, Statement, StatementEntry, StatementPeriod, accounts_of
from scaicontrol_core.kernel.money import round_half_away

REVERSE_CHARGE_NOTE = "Reverse charge - Art. 196 EU VAT Directive"

_SELLER: dict[str, Any] = {
    "legal_name": "ScaiLabs B.V.",
    "trading_name": "ScaiLabs",
    "address_line1": "Keizersgracht 482",
    "address_line2": None,
    "postal_code": "1017 EG",
    "city": "Amsterdam",
    "country_code": "NL",
    "vat_number": "NL868355884B01",
    "registration_number": "84529173",
    "tax_number": None,
    "email": "billing@scailabs.example",
    "phone": "+31 20 555 01 23",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
    "bank_name": "ABN AMRO",
    "account_holder": None,
    "peppol_id": None,
    "peppol_scheme": None,
    "logo_url": None,
    "footer_text": None,
    "brand_color": None,
    "brand_font": None,
    "brand_font_bold": None,
    "language": "nl",
    "timezone": "Europe/Amsterdam",
}
_BUYER: dict[str, Any] = {
    "company_name": "Bakkerij De Korenaar B.V.",
    "address_line1": "Oudegracht 112",
    "address_line2": None,
    "postal_code": "3511 LX",
    "city": "Utrecht",
    "state": None,
    "country_code": "NL",
    "vat_number": "NL868966393B01",
    "tax_exempt": False,
    "is_business": True,
    "contact_email": "facturen@korenaar.example",
    "phone": None,
    "peppol_id": None,
    "peppol_scheme": None,
    "leitweg_id": None,
    "preferred_einvoice_format": None,
    "preferred_language": "nl",
    "buyer_reference": None,
    "external_reference": "K-10412",
}


def sample_line(position: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a month of a plan at 199.00; name any field to change it."""
    return {
        "position": position,
        "description": "ScaiKey Pro",
        "quantity": "1",
        "unit_code": "MON",
        "unit_price_cents": "19900",
        "price_divisor": 1,
        "net_cents": 19900,
        "category": "S",
        "rate_bp": 2100,
        "tax_cents": 4179,
        "period_start": "2026-01-15",
        "period_end": "2026-02-15",
        "supply_date": "2026-01-15",
        "plan_key": "scaikey.pro",
        "original_position": None,
    } | changes


def sample_invoice(
    *,
    lines: Sequence[dict[str, Any]] | None = None,
    seller: dict[str, Any] | None = None,
    buyer: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return a frozen domestic invoice with sums that add up over the lines.

    ``seller`` and ``buyer`` hold only what differs; ``changes`` replace top-level fields.
    """
    shown = [sample_line()] if lines is None else list(lines)
    parties = _SELLER | (seller or {}), _BUYER | (buyer or {})
    entries = _vat_entries(shown)
    net, tax = (sum(entry[name] for entry in entries) for name in ("taxable_cents", "amount_cents"))
    return {
        "schema": "scaicontrol.document/1",
        "document_type": "invoice",
        "number": "SCAI-2026-000042",
        "issue_date": "2026-01-31",
        "due_date": "2026-02-14",
        "currency": "EUR",
        "language": "nl",
        "period_start": "2026-01-15",
        "period_end": "2026-02-15",
        "notes": None,
        "buyer_reference": None,
        "payment_reference": "SCAI-2026-000042",
        "payment_terms_days": 14,
        "referenced_number": None,
        "referenced_issue_date": None,
        "reason": None,
        "creditor_reference": "RF09SCAI2026000042",
        "vat_accounting": None,
        "seller": parties[0],
        "buyer": parties[1],
        "lines": shown,
        "vat_details": {"entries": entries, "evidence": _evidence(*parties), "inputs": _inputs(*parties, net)},
        "totals": {
            "net_cents": net,
            "tax_cents": tax,
            "gross_cents": net + tax,
            "prepaid_cents": 0,
            "payable_cents": net + tax,
        },
        "template": {"name": None},
    } | changes


def sample_reverse_charge_invoice(**changes: Any) -> dict[str, Any]:
    """Return an invoice to a German business with a valid VAT number (art. 196)."""
    german = {
        "company_name": "Müller & Söhne Präzisionswerkzeuge GmbH",
        "address_line1": "Königsallee 61",
        "postal_code": "40215",
        "city": "Düsseldorf",
        "country_code": "DE",
        "vat_number": "DE129273398",
        "preferred_language": "de",
    }
    lines = [sample_line(category="AE", rate_bp=0, tax_cents=0)]
    return sample_invoice(**({"lines": lines, "buyer": german, "language": "de"} | changes))


def sample_credit_note(**changes: Any) -> dict[str, Any]:
    """Return a full credit of the domestic invoice."""
    lines = [sample_line(quantity="-1", net_cents=-19900, tax_cents=-4179, original_position=1)]
    credit = {
        "lines": lines,
        "document_type": "credit_note",
        "number": "SCAI-CN-2026-000003",
        "payment_reference": "SCAI-CN-2026-000003",
        "creditor_reference": None,
        "reason": "Cancelled within the month",
        "referenced_number": "SCAI-2026-000042",
        "referenced_issue_date": "2026-01-31",
    }
    return sample_invoice(**(credit | changes))


def sample_statement(**changes: Any) -> dict[str, Any]:
    """Return the sample buyer's account of the first quarter: invoices, a payment, a credit note, one overdue."""
    moves = (
        (date(2026, 1, 31), EntryKind.INVOICE, "SCAI-2026-000042", 24079, date(2026, 2, 14)),
        (date(2026, 2, 12), EntryKind.PAYMENT, "SCAI-2026-000042", -24079, None),
        (date(2026, 2, 28), EntryKind.INVOICE, "SCAI-2026-000087", 24079, date(2026, 3, 14)),
        (date(2026, 3, 3), EntryKind.CREDIT_NOTE, "SCAI-CN-2026-000003", -6050, None),
        (date(2026, 3, 31), EntryKind.INVOICE, "SCAI-2026-000131", 24079, date(2026, 4, 14)),
    )
    entries = [
        StatementEntry(
            day=day,
            kind=kind,
            number=number,
            currency="EUR",
            amount_cents=cents,
            due_date=due,
            overdue=number.endswith("87"),
        )
        for day, kind, number, cents, due in moves
    ]
    opened = StatementEntry(
        day=date(2025, 12, 31), kind=EntryKind.INVOICE, number="SCAI-2025-000912", currency="EUR", amount_cents=12100
    )
    period = StatementPeriod(first=date(2026, 1, 1), last=date(2026, 3, 31))
    statement = Statement(
        issue_date=date(2026, 4, 1),
        language="nl",
        period=period,
        seller=_SELLER,
        buyer=_BUYER,
        accounts=accounts_of([opened, *entries], period, currency="EUR"),
    )
    return statement.to_dict() | changes


def _vat_entries(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    groups = dict.fromkeys((line["category"], line["rate_bp"]) for line in lines)
    return [_vat_entry(lines, category, rate_bp) for category, rate_bp in groups]


def _vat_entry(lines: Sequence[dict[str, Any]], category: str, rate_bp: int) -> dict[str, Any]:
    taxable = sum(line["net_cents"] for line in lines if (line["category"], line["rate_bp"]) == (category, rate_bp))
    rate = f"{rate_bp // 100}.{rate_bp % 100:02}"
    reverse_charge = category == "AE"
    return {
        "category": category,
        "rate": rate,
        "label": "Reverse charge" if reverse_charge else f"VAT {rate}%",
        "taxable_cents": taxable,
        "amount_cents": round_half_away(taxable * rate_bp, 10_000),
        "legal_note": REVERSE_CHARGE_NOTE if reverse_charge else None,
        "treatment": "reverse_charge" if reverse_charge else "domestic",
        "vatex": "VATEX-EU-AE" if reverse_charge else None,
        "country": "DE" if reverse_charge else "NL",
        "rate_id": None,
        "review": False,
        "rule": "intra_eu_reverse_charge" if reverse_charge else "domestic",
        "law": "Directive 2006/112/EC Art. 44 and 196" if reverse_charge else "Directive 2006/112/EC Art. 44 and 193",
    }


def _evidence(seller: dict[str, Any], buyer: dict[str, Any]) -> dict[str, Any] | None:
    if buyer["vat_number"] is None:
        return None
    abroad = buyer["country_code"] != seller["country_code"]
    return {
        "vat_number": buyer["vat_number"],
        "state": "valid" if abroad else "never_checked",
        "source": "vies" if abroad else "none",
        "checked_at": "2026-01-30T23:00:00Z" if abroad else None,
        "reference": "WAPIAAAAZbXd3MfC" if abroad else None,
        "stale": False,
    }


def _inputs(seller: dict[str, Any], buyer: dict[str, Any], net_cents: int) -> dict[str, Any]:
    return {
        "seller_country": seller["country_code"],
        "seller_postal_code": seller["postal_code"],
        "buyer_country": buyer["country_code"],
        "buyer_postal_code": buyer["postal_code"],
        "buyer_vat_number": buyer["vat_number"],
        "is_business": buyer["is_business"],
        "tax_exempt": buyer["tax_exempt"],
        "oss_registered": False,
        "b2c_cross_border_turnover_cents": 0,
        "b2c_cross_border_turnover_last_year_cents": 0,
        "exempt_before_reverse_charge": False,
        "seller_exemption": "none",
        "supply_net_cents": net_cents,
        "non_eu_services_category": "G",
    }

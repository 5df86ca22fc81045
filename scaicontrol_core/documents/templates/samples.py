"""Sample documents of every shape that a template has to cope with, and orders for every type of e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import (
    FailureNotice,
    MailOrder,
    Notice,
    ReminderNotice,
    TrialNotice,
)
from scaicontrol_core.documents.templates.template import TemplateType
from scaicontrol_core.kernel.money import Money, round_half_away

Document = dict[str, Any]

_SELLER: Document = {
    "legal_name": "Sample Seller B.V.",
    "trading_name": "Sample",
    "address_line1": "Keizersgracht 1",
    "address_line2": "Third floor",
    "postal_code": "1015 CJ",
    "city": "Amsterdam",
    "country_code": "NL",
    "vat_number": "NL868355884B01",
    "registration_number": "82105513",
    "tax_number": None,
    "email": "billing@seller.example",
    "phone": "+31 20 555 01 01",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
    "bank_name": "ABN AMRO",
    "account_holder": None,
    "logo_url": None,
    "footer_text": "General terms apply.",
    "brand_color": "#1f4e5f",
    "brand_font": None,
    "brand_font_bold": None,
    "language": "nl",
    "timezone": "Europe/Amsterdam",
}
_BUYER: Document = {
    "company_name": "Sample Buyer & Sons Ltd",
    "address_line1": "Oudegracht 112",
    "address_line2": None,
    "postal_code": "3511 LX",
    "city": "Utrecht",
    "state": None,
    "country_code": "NL",
    "vat_number": "NL868966393B01",
    "tax_exempt": False,
    "is_business": True,
    "contact_email": "accounts@buyer.example",
    "external_reference": "C-1001",
}
_GERMAN_BUYER = {"country_code": "DE", "vat_number": "DE129273398", "city": "Düsseldorf", "postal_code": "40215"}
_CONSUMER = {"is_business": False, "vat_number": None, "external_reference": None, "company_name": "Sam Sample"}
_POOR_SELLER = {
    "trading_name": None,
    "address_line2": None,
    "iban": None,
    "bic": None,
    "bank_name": None,
    "footer_text": None,
    "phone": None,
    "email": None,
}
_REVERSE_CHARGE = "Reverse charge - Art. 196 EU VAT Directive"


def sample_documents(kind: TemplateType, language: str) -> Mapping[str, Document]:
    """Return frozen documents by the names of their shapes; of an e-mail's type, those that it may be about."""
    if kind in {TemplateType.CREDIT_NOTE, TemplateType.EMAIL_CREDIT_NOTE}:
        return {
            "credit_note": _credit(_document(language)),
            "credit_note_reverse_charge": _credit(_reverse_charge(language)),
        }
    rates = (2100, 900, 0)
    many = [_line(number, rates[number % 3], description=f"Sample service {number}") for number in range(1, 41)]
    return {
        "domestic": _document(language, notes="Thank you.", buyer_reference="PO-7"),
        "reverse_charge": _reverse_charge(language),
        "many_lines": _document(language, lines=many),
        "foreign_currency": _foreign(language),
        "bare": _document(language, seller=_POOR_SELLER, buyer=_CONSUMER, lines=[_bare_line()], bare=True),
    }


def sample_orders(mail_type: MailType, language: str) -> Mapping[str, MailOrder]:
    """Return what messages of a type may be about, with all that there can be and with as little as can be."""
    documents = sample_documents(TemplateType(mail_type.value), language)
    notices = _notices(mail_type)
    if mail_type is MailType.TRIAL_ENDING:
        return {
            name: MailOrder(mail_type=mail_type, parties=document, notice=notice, link=link)
            for name, document, (notice, link) in zip(("full", "bare"), documents.values(), notices, strict=False)
        }
    return {
        name: MailOrder(mail_type=mail_type, document=document, notice=notice, link=link)
        for number, (name, document) in enumerate(documents.items())
        for notice, link in [notices[number % len(notices)]]
    }


def _notices(mail_type: MailType) -> list[tuple[Notice | None, str | None]]:
    day, fee, link = date(2026, 3, 1), Money(4000, "EUR"), "https://pay.example/"
    open_amount = Money(24079, "EUR")
    if mail_type is MailType.TRIAL_ENDING:
        full = TrialNotice(plan="Sample Pro", ends_on=day, price=open_amount)
        return [(full, link), (TrialNotice(plan="Sample Pro", ends_on=day), None)]
    if mail_type is MailType.PAYMENT_FAILED:
        return [(FailureNotice(reason="Insufficient funds.", retry_on=day), link), (FailureNotice(), None)]
    if mail_type in {MailType.INVOICE, MailType.CREDIT_NOTE}:
        return [(None, link), (None, None)]
    return [(ReminderNotice(open=open_amount, fee=fee, pay_by=day), link), (ReminderNotice(open=open_amount), None)]


def _line(position: int, rate_bp: int = 2100, **changes: Any) -> Document:
    net = 19900
    return {
        "position": position,
        "description": "Sample service, one month",
        "quantity": "1",
        "unit_code": "MON",
        "unit_price_cents": "19900",
        "price_divisor": 1,
        "net_cents": net,
        "category": "S" if rate_bp else "Z",
        "rate_bp": rate_bp,
        "tax_cents": round_half_away(net * rate_bp, 10_000),
        "period_start": "2026-01-15",
        "period_end": "2026-02-15",
        "supply_date": "2026-01-15",
        "plan_key": "sample.pro",
        "original_position": None,
    } | changes


def _bare_line() -> Document:
    """Return a line without a period, with a price finer than a cent."""
    finer: Document = {"quantity": "12500", "unit_code": "C62", "unit_price_cents": "80", "price_divisor": 1000}
    return _line(1, **finer, net_cents=1000, tax_cents=210, period_start=None, period_end=None)


def _document(
    language: str,
    *,
    lines: list[Document] | None = None,
    seller: Document | None = None,
    buyer: Document | None = None,
    bare: bool = False,
    **changes: Any,
) -> Document:
    shown = lines or [_line(1)]
    entries = [_entry(shown, *group) for group in dict.fromkeys((each["category"], each["rate_bp"]) for each in shown)]
    net, tax = (sum(entry[name] for entry in entries) for name in ("taxable_cents", "amount_cents"))
    return {
        "schema": "scaicontrol.document/1",
        "document_type": "invoice",
        "number": "SAMPLE-2026-000042",
        "issue_date": "2026-01-31",
        "due_date": "2026-02-14",
        "currency": "EUR",
        "language": language,
        "period_start": None if bare else "2026-01-15",
        "period_end": None if bare else "2026-02-15",
        "notes": None,
        "buyer_reference": None,
        "payment_reference": "SAMPLE-2026-000042",
        "payment_terms_days": 14,
        "referenced_number": None,
        "referenced_issue_date": None,
        "reason": None,
        "creditor_reference": None if bare else "RF19SAMPLE2026000042",
        "vat_accounting": None,
        "seller": _SELLER | (seller or {}),
        "buyer": _BUYER | (buyer or {}),
        "lines": shown,
        "vat_details": {"entries": entries},
        "totals": {
            "net_cents": net,
            "tax_cents": tax,
            "gross_cents": net + tax,
            "prepaid_cents": 0,
            "payable_cents": net + tax,
        },
        "template": {"name": None},
    } | changes


def _entry(lines: list[Document], category: str, rate_bp: int) -> Document:
    taxable = sum(each["net_cents"] for each in lines if (each["category"], each["rate_bp"]) == (category, rate_bp))
    charged_there = category == "AE"
    return {
        "category": category,
        "rate": f"{rate_bp // 100}.{rate_bp % 100:02}",
        "label": "Reverse charge" if charged_there else f"VAT {rate_bp // 100}%",
        "taxable_cents": taxable,
        "amount_cents": round_half_away(taxable * rate_bp, 10_000),
        "legal_note": _REVERSE_CHARGE if charged_there else None,
        "treatment": "reverse_charge" if charged_there else "domestic",
        "vatex": "VATEX-EU-AE" if charged_there else None,
        "country": "DE" if charged_there else "NL",
        "rate_id": None,
        "review": False,
        "rule": "intra_eu_reverse_charge" if charged_there else "domestic",
        "law": "Directive 2006/112/EC",
    }


def _reverse_charge(language: str) -> Document:
    return _document(language, lines=[_line(1, 0, category="AE")], buyer=_GERMAN_BUYER)


def _foreign(language: str) -> Document:
    made = _document(language, currency="USD", creditor_reference=None)
    totals, entry = made["totals"], made["vat_details"]["entries"][0]
    own = {"taxable_cents": 18369, "amount_cents": 3858}
    accounting = {"net_cents": own["taxable_cents"], "tax_cents": own["amount_cents"], "gross_cents": 22227}
    rate = {"currency": "EUR", "rate": "1.0834", "rate_date": "2026-01-30", "source": "ECB", "entries": [own]}
    prepaid = {"prepaid_cents": 10000, "payable_cents": totals["gross_cents"] - 10000}
    return made | {
        "vat_accounting": rate | accounting,
        "totals": totals | prepaid,
        "vat_details": {"entries": [entry]},
    }


def _credit(invoice: Document) -> Document:
    """Return the credit of a whole invoice: everything negative, nothing to pay."""
    lines = [
        each
        | {
            "quantity": f"-{each['quantity']}",
            "net_cents": -each["net_cents"],
            "tax_cents": -each["tax_cents"],
            "original_position": each["position"],
        }
        for each in invoice["lines"]
    ]
    entries = [
        each | {"taxable_cents": -each["taxable_cents"], "amount_cents": -each["amount_cents"]}
        for each in invoice["vat_details"]["entries"]
    ]
    return invoice | {
        "document_type": "credit_note",
        "number": "SAMPLE-CN-2026-000003",
        "payment_reference": "SAMPLE-CN-2026-000003",
        "creditor_reference": None,
        "reason": "Cancelled within the month",
        "referenced_number": invoice["number"],
        "referenced_issue_date": "2026-01-31",
        "lines": lines,
        "vat_details": {"entries": entries},
        "totals": {name: -cents for name, cents in invoice["totals"].items()},
    }


def order_about(mail_type: MailType, document: Document) -> MailOrder:
    """Return what a message of a type about a document might be about."""
    notice, link = _notices(mail_type)[0]
    if mail_type is MailType.TRIAL_ENDING:
        return MailOrder(mail_type=mail_type, parties=document, notice=notice, link=link)
    return MailOrder(mail_type=mail_type, document=document, notice=notice, link=link)

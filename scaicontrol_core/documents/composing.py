"""From a frozen document to what a template sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from scaicontrol_core.documents.address import address_lines
from scaicontrol_core.documents.branding import branding_of
from scaicontrol_core.documents.context import (
    BuyerContext,
    DateSpan,
    DocumentContext,
    InvoiceContext,
    LineItem,
    PaymentContext,
    PriceContext,
    SellerContext,
    TotalsContext,
    VatAccounting,
    VatGroup,
)
from scaicontrol_core.documents.epc import epc_payload
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.documents.labels import Labels
from scaicontrol_core.documents.mentions import legal_notes, self_billing_mentions, vat_label
from scaicontrol_core.documents.wording import labels_for
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.kernel.money import Money, minor_unit_exponent

Facts = Mapping[str, Any]


def invoice_context(document: Facts, *, draft: bool = False) -> InvoiceContext:
    """Read a frozen invoice or credit note into the shape templates see.

    ``draft`` allows a missing number and dates and marks the document as a draft. Raises
    ``DocumentUnreadable`` (naming what is missing) and ``Invalid`` for an unknown language or
    currency.
    """
    with reading():
        return _compose(document, draft=draft)


@contextmanager
def reading() -> Iterator[None]:
    """Say ``DocumentUnreadable`` for whatever a document lacks or holds in the wrong shape."""
    try:
        yield
    except KeyError as missing:
        raise _unreadable(f"/{missing.args[0]}", f"The document has no {missing.args[0]!r}.") from None
    except (TypeError, AttributeError, ValueError, InvalidOperation) as wrong:
        raise _unreadable("", f"The document can't be read: {wrong}") from wrong


def _unreadable(pointer: str, message: str) -> DocumentUnreadable:
    return DocumentUnreadable(message, fields=(FieldError(pointer, message),))


def _compose(document: Facts, *, draft: bool) -> InvoiceContext:
    labels = labels_for(document["language"])
    currency: str = document["currency"]
    seller, entries = document["seller"], document["vat_details"]["entries"]
    totals = _totals(document["totals"], currency)
    return InvoiceContext(
        seller=seller_context(seller),
        buyer=buyer_context(document["buyer"]),
        document=_document(document, labels, draft=draft),
        line_items=tuple(_line(line, currency, labels) for line in document["lines"]),
        vat_breakdown=tuple(_vat_group(entry, currency, labels) for entry in entries),
        vat_accounting=_vat_accounting(document.get("vat_accounting")),
        totals=totals,
        notes=document.get("notes"),
        reverse_charge=any(entry["category"] == "AE" for entry in entries),
        legal_notes=self_billing_mentions(document) + _legal_notes(entries, labels.language, seller.get("language")),
        payment=_payment(document, totals, draft=draft) if totals.payable.minor > 0 else None,
        branding=branding_of(seller),
        labels=labels,
    )


def seller_context(facts: Facts) -> SellerContext:
    """Read a document's seller."""
    return SellerContext(
        name=facts.get("trading_name") or facts["legal_name"],
        legal_name=facts["legal_name"],
        address=address_lines(facts),
        country_code=facts["country_code"],
        vat_number=facts["vat_number"],
        registration_number=facts.get("registration_number"),
        tax_number=facts.get("tax_number"),
        email=facts.get("email"),
        phone=facts.get("phone"),
        iban=facts.get("iban"),
        bic=facts.get("bic"),
        footer_text=facts.get("footer_text"),
    )


def buyer_context(facts: Facts) -> BuyerContext:
    """Read a document's buyer."""
    return BuyerContext(
        company_name=facts["company_name"],
        address=address_lines(facts),
        country_code=facts["country_code"],
        vat_number=facts["vat_number"],
        is_business=facts["is_business"],
        customer_number=facts.get("external_reference"),
    )


def _document(facts: Facts, labels: Labels, *, draft: bool) -> DocumentContext:
    is_credit_note = facts["document_type"] == "credit_note"
    if not draft and not (facts["number"] and facts["issue_date"]):
        raise _unreadable("/number", "Only a draft may lack its number and date of issue.")
    return DocumentContext(
        type=facts["document_type"],
        number=facts["number"],
        issue_date=_day(facts["issue_date"]),
        due_date=_day(facts["due_date"]),
        period=_span(facts),
        currency=facts["currency"],
        language=labels.language,
        buyer_reference=facts.get("buyer_reference"),
        payment_reference=facts.get("payment_reference"),
        referenced_number=facts.get("referenced_number"),
        referenced_issue_date=_day(facts.get("referenced_issue_date")),
        reason=facts.get("reason"),
        is_credit_note=is_credit_note,
        is_draft=draft,
        title=_title(facts, labels, draft=draft),
        number_label=labels.credit_note_number if is_credit_note else labels.invoice_number,
    )


def _title(facts: Facts, labels: Labels, *, draft: bool) -> str:
    is_credit_note = facts["document_type"] == "credit_note"
    if facts.get("self_billed"):
        return labels.self_billed_credit_note if is_credit_note else labels.self_billed_invoice
    return labels.credit_note if is_credit_note else labels.proforma if draft else labels.invoice


def _line(facts: Facts, currency: str, labels: Labels) -> LineItem:
    quantity = Decimal(facts["quantity"])
    return LineItem(
        position=facts["position"],
        description=facts["description"],
        quantity=quantity,
        unit=labels.unit(facts["unit_code"], quantity),
        unit_price=PriceContext(
            Decimal(facts["unit_price_cents"]).scaleb(-minor_unit_exponent(currency)), currency, facts["price_divisor"]
        ),
        net=Money(facts["net_cents"], currency),
        category=facts["category"],
        rate=Decimal(facts["rate_bp"]) / 100,
        period=_span(facts),
        supply_date=_day(facts.get("supply_date")),
        original_position=facts.get("original_position"),
    )


def _vat_group(entry: Facts, currency: str, labels: Labels) -> VatGroup:
    return VatGroup(
        category=entry["category"],
        rate=Decimal(entry["rate"]),
        label=vat_label(entry, labels.language),
        taxable=Money(entry["taxable_cents"], currency),
        tax=Money(entry["amount_cents"], currency),
    )


def _vat_accounting(facts: Facts | None) -> VatAccounting | None:
    if facts is None:
        return None
    currency: str = facts["currency"]
    return VatAccounting(
        currency=currency,
        rate=Decimal(facts["rate"]),
        rate_date=date.fromisoformat(facts["rate_date"]),
        source=facts["source"],
        net=Money(facts["net_cents"], currency),
        tax=Money(facts["tax_cents"], currency),
        gross=Money(facts["gross_cents"], currency),
    )


def _totals(facts: Facts, currency: str) -> TotalsContext:
    names = ("net_cents", "tax_cents", "gross_cents", "prepaid_cents", "payable_cents")
    return TotalsContext(*(Money(facts[name], currency) for name in names))


def _payment(document: Facts, totals: TotalsContext, *, draft: bool) -> PaymentContext:
    seller: Facts = document["seller"]
    holder = seller.get("account_holder") or seller["legal_name"]
    reference, structured = document.get("payment_reference"), document.get("creditor_reference")
    iban, bic, qr = seller.get("iban"), seller.get("bic"), None
    if iban and not draft:  # nobody is to pay a draft
        qr = epc_payload(
            name=holder, iban=iban, bic=bic, amount=totals.payable, creditor_reference=structured, text=reference
        )
    return PaymentContext(
        amount=totals.payable,
        due_date=_day(document["due_date"]),
        reference=reference,
        creditor_reference=structured,
        iban=iban,
        bic=bic,
        bank_name=seller.get("bank_name"),
        account_holder=holder,
        qr=qr,
    )


def _legal_notes(entries: Sequence[Facts], buyer_language: str, seller_language: str | None) -> tuple[str, ...]:
    notes = [entry["legal_note"] for entry in entries if entry["legal_note"]]
    languages = (buyer_language, seller_language) if seller_language else (buyer_language,)
    return legal_notes(notes, languages)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _span(facts: Facts) -> DateSpan | None:
    start, end = _day(facts.get("period_start")), _day(facts.get("period_end"))
    return DateSpan(start, end - timedelta(days=1)) if start and end else None

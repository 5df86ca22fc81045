"""From the frozen document to the business terms of EN 16931: every decision that both syntaxes share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from scaicontrol_core.documents.einvoice.model import (
    DocumentTotals,
    EInvoice,
    InclusivePeriod,
    InvoiceLine,
    InvoiceType,
    PrecedingInvoice,
    TaxInAccountingCurrency,
    VatGroup,
)
from scaicontrol_core.documents.einvoice.parties import buyer_of, seller_of
from scaicontrol_core.documents.einvoice.profiles import Profile, is_under_german_rules, profile_of
from scaicontrol_core.documents.einvoice.terms_of_payment import payment_instructions, payment_terms
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.documents.mentions import self_billing_mentions, vat_label
from scaicontrol_core.documents.wording import labels_for
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.kernel.money import format_minor, minor_unit_exponent
from scaicontrol_core.tax.mentions import localize_legal_note
from scaicontrol_core.tenancy.fields import EInvoiceFormat

Facts = Mapping[str, Any]

_OUTSIDE_SCOPE = "O"
#: Taxed, at zero as well: a reason for exemption is forbidden (BR-S-10, BR-Z-10).
_WITHOUT_REASON = frozenset({"S", "Z"})
_MOST_DECIMALS = 2


def einvoice_of(document: Facts, einvoice_format: EInvoiceFormat) -> EInvoice:
    """Read a frozen invoice or credit note as the format shows it.

    A frozen credit note has negative amounts; here they are positive, and the type says what
    they are. Raises ``DocumentUnreadable`` (naming what is missing) and ``Invalid`` for an
    unknown language.
    """
    try:
        return _Reading(_without_blanks(document), profile_of(einvoice_format)).einvoice()
    except KeyError as missing:
        raise _unreadable(f"/{missing.args[0]}", f"The document has no {missing.args[0]!r}.") from None
    except (TypeError, AttributeError, ValueError, InvalidOperation) as wrong:
        raise _unreadable("", f"The document can't be read: {wrong}") from wrong


def _without_blanks(value: Any) -> Any:
    """Return the document with None for what holds nothing but white space: to a reader of XML it isn't there."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, Mapping):
        return {name: _without_blanks(each) for name, each in value.items()}
    return [_without_blanks(each) for each in value] if isinstance(value, list | tuple) else value


def _unreadable(pointer: str, message: str) -> DocumentUnreadable:
    return DocumentUnreadable(message, fields=(FieldError(pointer, message),))


class _Reading:
    """One document being read: what its parts have in common."""

    def __init__(self, document: Facts, profile: Profile) -> None:
        self.document = document
        self.profile = profile
        self.is_credit_note = document["document_type"] == "credit_note"
        self.sign = -1 if self.is_credit_note else 1
        self.exponent = minor_unit_exponent(document["currency"])
        self.labels = labels_for(document["language"])
        self.entries: Sequence[Facts] = document["vat_details"]["entries"]
        self.is_under_german_rules = is_under_german_rules(document, profile)
        self.outside_scope = any(entry["category"] == _OUTSIDE_SCOPE for entry in self.entries)

    def einvoice(self) -> EInvoice:
        """Return the whole document."""
        document, profile, totals = self.document, self.profile, self._totals()
        lines = tuple(self._line(line) for line in document["lines"])
        period = _enclosing(_period(document), [line.period for line in lines])
        reference, order = self._references()
        # A credit note of charges and discounts may come out the other way: then the buyer is to pay.
        asked = -totals.payable if self.is_credit_note else totals.payable
        return EInvoice(
            number=document["number"] or "",
            issue_date=date.fromisoformat(document["issue_date"]),
            type=_type_of(document),
            currency=document["currency"],
            accounting_tax=self._accounting_tax(),
            # Where nothing is to be paid the paper names no day either.
            due_date=date.fromisoformat(document["due_date"])
            if totals.payable > 0 and not self.is_credit_note
            else None,
            buyer_reference=reference,
            order_reference=order,
            payment_terms=payment_terms(document, self.labels, asked, is_credit_note=self.is_credit_note),
            note="\n".join(text for text in self._notes() if text) or None,
            process_id=profile.process_id,
            specification_id=profile.specification_id,
            language=self.labels.language,
            preceding=self._preceding(),
            seller=seller_of(
                document["seller"], profile, outside_scope=self.outside_scope, vat_label=self.labels.vat_number
            ),
            buyer=buyer_of(document["buyer"], document["seller"], profile, outside_scope=self.outside_scope),
            delivery_date=None if period else _latest_supply(document["lines"]),
            period=period,
            payment=payment_instructions(document, profile, asked),
            totals=totals,
            vat_groups=self._vat_groups(),
            lines=lines,
        )

    def _notes(self) -> tuple[str | None, ...]:
        mention = "; ".join(self_billing_mentions(self.document)) or None
        return mention, self.document.get("reason"), self.document.get("notes")

    def _amount(self, minor: int, exponent: int | None = None) -> Decimal:
        """Return minor units as a positive-for-credit amount; a third decimal only if it isn't zero (BR-DEC-…)."""
        decimals = self.exponent if exponent is None else exponent
        while decimals > _MOST_DECIMALS and minor % 10 == 0:
            minor, decimals = minor // 10, decimals - 1
        return Decimal(format_minor(self.sign * minor, decimals))

    def _references(self) -> tuple[str | None, str | None]:
        """Return BT-10 and BT-13.

        A Leitweg-ID is what public buyers in Germany sort their post by; the buyer's own
        reference is then its order. Where BT-10 is mandatory and nothing was agreed, the
        customer number stands in, or else what was subscribed to.
        """
        buyer: Facts = self.document["buyer"]
        own: str | None = self.document.get("buyer_reference") or buyer.get("buyer_reference")
        routed: str | None = buyer.get("leitweg_id")
        if routed:
            return routed, own if own != routed else None
        return own or (self._own_reference() if self.profile.needs_reference else None), None

    def _own_reference(self) -> str | None:
        known = (
            self.document["buyer"].get("external_reference"),
            *(each["plan_key"] for each in self.document["lines"]),
        )
        return next((reference for reference in known if reference), None)

    def _preceding(self) -> tuple[PrecedingInvoice, ...]:
        number, day = self.document.get("referenced_number"), self.document.get("referenced_issue_date")
        return (PrecedingInvoice(number, date.fromisoformat(day) if day else None),) if number else ()

    def _accounting_tax(self) -> TaxInAccountingCurrency | None:
        stated: Facts | None = self.document.get("vat_accounting")
        if stated is None:
            return None
        currency: str = stated["currency"]
        tax = self._amount(stated["tax_cents"], minor_unit_exponent(currency))
        return TaxInAccountingCurrency(currency=currency, tax=tax)

    def _totals(self) -> DocumentTotals:
        facts: Facts = self.document["totals"]
        net = self._amount(facts["net_cents"])
        return DocumentTotals(
            line_net=self._amount(sum(line["net_cents"] for line in self.document["lines"])),
            tax_exclusive=net,
            tax=self._amount(facts["tax_cents"]),
            tax_inclusive=self._amount(facts["gross_cents"]),
            prepaid=self._amount(facts["prepaid_cents"]) if facts["prepaid_cents"] else None,
            payable=self._amount(facts["payable_cents"]),
        )

    def _vat_groups(self) -> tuple[VatGroup, ...]:
        """Return one group per category and rate; ours also tell treatment and country apart, the standard does not."""
        grouped: dict[tuple[str, Decimal], list[Facts]] = {}
        for entry in self.entries:
            grouped.setdefault((entry["category"], Decimal(entry["rate"])), []).append(entry)
        return tuple(self._vat_group(category, rate, entries) for (category, rate), entries in grouped.items())

    def _vat_group(self, category: str, rate: Decimal, entries: Sequence[Facts]) -> VatGroup:
        has_reason = category not in _WITHOUT_REASON
        codes = {entry["vatex"] for entry in entries}
        return VatGroup(
            category=category,
            rate=self._group_rate(category, rate),
            taxable=self._amount(sum(entry["taxable_cents"] for entry in entries)),
            tax=self._amount(sum(entry["amount_cents"] for entry in entries)),
            exemption_reason=self._exemption_reason(entries) if has_reason else None,
            # Two reasons in one group have no common code; their words say both.
            exemption_code=codes.pop() if has_reason and len(codes) == 1 else None,
        )

    def _group_rate(self, category: str, rate: Decimal) -> Decimal | None:
        # EN 16931 forbids a rate outside the scope on lines only (BR-O-05); Germany wants one in every group
        # (BR-DE-14, and DE-R-014 in Peppol).
        return rate if category != _OUTSIDE_SCOPE or self.is_under_german_rules else None

    def _exemption_reason(self, entries: Sequence[Facts]) -> str:
        language = self.labels.language
        notes = (
            localize_legal_note(entry["legal_note"], language) if entry["legal_note"] else vat_label(entry, language)
            for entry in entries
        )
        return "; ".join(dict.fromkeys(notes))

    def _line(self, facts: Facts) -> InvoiceLine:
        name, _, description = (facts["description"] or "").strip().partition("\n")
        category: str = facts["category"]
        quantity = Decimal(facts["quantity"])
        return InvoiceLine(
            identifier=str(facts["position"]),
            quantity=-quantity if self.is_credit_note else quantity,
            unit_code=facts["unit_code"],
            net=self._amount(facts["net_cents"]),
            period=_period(facts),
            unit_price=Decimal(facts["unit_price_cents"]).scaleb(-self.exponent),
            base_quantity=facts["price_divisor"],
            category=category,
            rate=Decimal(format_minor(facts["rate_bp"], 2)) if category != _OUTSIDE_SCOPE else None,
            name=name.strip(),
            description=description.strip() or None,
            seller_item=facts.get("plan_key"),
        )


def _type_of(document: Facts) -> InvoiceType:
    is_credit_note = document["document_type"] == "credit_note"
    if document.get("self_billed"):
        return InvoiceType.SELF_BILLED_CREDIT_NOTE if is_credit_note else InvoiceType.SELF_BILLED_INVOICE
    return InvoiceType.CREDIT_NOTE if is_credit_note else InvoiceType.COMMERCIAL_INVOICE


def _period(facts: Facts) -> InclusivePeriod | None:
    """Return first and last day; the frozen document's end is the day after."""
    start, end = facts.get("period_start"), facts.get("period_end")
    if not start or not end:
        return None
    return InclusivePeriod(date.fromisoformat(start), date.fromisoformat(end) - timedelta(days=1))


def _enclosing(stated: InclusivePeriod | None, of_lines: Sequence[InclusivePeriod | None]) -> InclusivePeriod | None:
    """Return BG-14: wide enough for every line's period (PEPPOL-EN16931-R110, R111)."""
    periods = [period for period in (stated, *of_lines) if period is not None]
    if not periods:
        return None
    return InclusivePeriod(min(each.first for each in periods), max(each.last for each in periods))


def _latest_supply(lines: Sequence[Facts]) -> date | None:
    """Return BT-72, the day the last of it was supplied (Directive 2006/112/EC art. 226(7))."""
    days = [line["supply_date"] for line in lines if line.get("supply_date")]
    return date.fromisoformat(max(days)) if days else None

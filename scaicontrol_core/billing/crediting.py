"""From an invoice and a wish to a credit note, complete but for its number: pure.

A credit note repeats what the invoice froze: parties, VAT treatment, rates, mentions, evidence,
exchange rate and tax points (Directive 2006/112/EC art. 90, 219). Its VAT is the difference
between what the whole group has credited after it and before it, so that any number of parts
sums to exactly the invoice's VAT, in the seller's currency too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from scaicontrol_core.billing.credit_note import Credited, CreditedLine
from scaicontrol_core.billing.credit_parts import Part, parts_of
from scaicontrol_core.billing.errors import CreditCharges, CreditExceedsInvoice, InvoiceFullyCredited, NotCreditable
from scaicontrol_core.billing.foreign_currency import vat_accounting
from scaicontrol_core.billing.frozen_document import FrozenDocument, FrozenLine, FrozenTotals
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_core.tax.breakdown import group_tax, spread_tax
from scaicontrol_core.tax.exchange_rates import CrossRate

if TYPE_CHECKING:
    from scaicontrol_core.billing.credit_note import NewCreditNote
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.line import InvoiceLine
    from scaicontrol_core.kernel.ids import Ids

#: Category and rate name a document's VAT group (EN 16931 BG-23).
_GroupKey = tuple[str, str]


@frozen(kw_only=True)
class Credit:
    """A credit note but for its number: document, lines, and what the invoice has credited after it."""

    document: FrozenDocument
    lines: tuple[InvoiceLine, ...]
    credited: Credited


def credit_of(original: Invoice, wanted: NewCreditNote, issue_date: date, ids: Ids) -> Credit:
    """Return the credit note of ``issue_date`` (local to the seller) that takes back what is wanted.

    Raises ``NotCreditable``, ``InvoiceFullyCredited``, ``CreditExceedsInvoice``, ``CreditCharges``,
    ``Invalid`` for lines that are not there or named twice. ``credited`` names no note yet.
    """
    plain_document = creditable(original)
    document = FrozenDocument.from_dict(plain_document)
    parts = parts_of(original, document, wanted.lines)
    before = original.credited
    lines_after = before.with_lines(CreditedLine(**_taken(part)) for part in parts)
    groups = [
        _Group.of(entries, document.lines, before, Credited(lines=lines_after)) for entries in _by_group(document)
    ]
    after = evolve(
        before,
        net_cents=before.net_cents + sum(group.net_cents for group in groups),
        tax_cents=before.tax_cents + sum(group.tax_cents for group in groups),
        lines=lines_after,
    )
    _require_credit(document, before, after)
    lines = tuple(part.line(ids) for part in parts)
    touched = [group for group in groups if any(group.has(part.frozen) for part in parts)]
    note = _document(document, wanted.reason, issue_date, parts, lines, touched)
    return Credit(
        document=evolve(note, vat_accounting=_accounting(plain_document, touched)), lines=lines, credited=after
    )


def creditable(original: Invoice) -> dict[str, Any]:
    """Return the frozen document of an invoice that has something left to credit, or raise what forbids it."""
    document = original.document
    if document is None or original.is_draft:
        raise NotCreditable(
            "A draft is not credited.", code="invoice_not_finalized", hint="Edit or void it; nothing was invoiced yet."
        )
    if original.document_type.is_credit_note:
        raise NotCreditable(f"{original.number} is a credit note itself.", hint="Issue a new invoice instead.")
    if original.status is InvoiceStatus.VOID:
        raise NotCreditable(f"Invoice {original.number} is void: nothing is owed on it.", code="invoice_void")
    if not any(_is_left(line, original.credited.of_line(place)) for place, line in enumerate(original.lines, 1)):
        raise InvoiceFullyCredited(f"All of invoice {original.number} was credited already.")
    return document


def _is_left(line: InvoiceLine, credited: CreditedLine) -> bool:
    """Tell whether anything of a line is left; one that costs nothing is taken back by its quantity."""
    if line.net_cents != 0:
        return credited.net_cents != line.net_cents
    return credited.quantity != line.quantity.value


def _taken(part: Part) -> dict[str, Any]:
    return {"position": part.frozen.position, "net_cents": part.net_cents, "quantity": part.quantity}


@frozen(kw_only=True)
class _Group:
    """One VAT group: what the note takes back of it, and what others took before; positive amounts of the invoice's."""

    key: _GroupKey
    entry: Mapping[str, Any]
    rate_bp: int
    net_cents: int
    tax_cents: int
    net_before: int
    tax_before: int

    @classmethod
    def of(
        cls, entries: Sequence[Mapping[str, Any]], lines: Sequence[FrozenLine], before: Credited, after: Credited
    ) -> _Group:
        key = entries[0]["category"], entries[0]["rate"]
        own = [line for line in lines if _key(line) == key]
        whole = (sum(each["taxable_cents"] for each in entries), sum(each["amount_cents"] for each in entries))
        rate_bp = own[0].rate_bp
        (net_before, tax_before), (net_after, tax_after) = (
            _credited(state, own, rate_bp, whole) for state in (before, after)
        )
        return cls(
            key=key,
            entry=entries[0],
            rate_bp=rate_bp,
            net_cents=net_after - net_before,
            tax_cents=tax_after - tax_before,
            net_before=net_before,
            tax_before=tax_before,
        )

    def has(self, line: FrozenLine) -> bool:
        return _key(line) == self.key

    def to_entry(self) -> dict[str, Any]:
        return {**self.entry, "taxable_cents": -self.net_cents, "amount_cents": -self.tax_cents}


def _by_group(document: FrozenDocument) -> list[list[dict[str, Any]]]:
    groups: dict[_GroupKey, list[dict[str, Any]]] = {}
    for entry in document.vat_entries:
        groups.setdefault((entry["category"], entry["rate"]), []).append(entry)
    return list(groups.values())


def _key(line: FrozenLine) -> _GroupKey:
    return line.category, f"{line.rate_bp // 100}.{line.rate_bp % 100:02}"


def _credited(state: Credited, lines: Sequence[FrozenLine], rate_bp: int, whole: tuple[int, int]) -> tuple[int, int]:
    """Return a group's net and VAT credited in a state; what is whole is exactly the invoice's."""
    net = sum(state.of_line(line.position).net_cents for line in lines)
    return whole if net == whole[0] else (net, group_tax(net, rate_bp))


def _require_credit(document: FrozenDocument, before: Credited, after: Credited) -> None:
    """Let the credited totals only grow, and never beyond the invoice's: a note is a credit, not a charge."""
    for total, old, new in (
        (document.totals.net_cents, before.net_cents, after.net_cents),
        (document.totals.gross_cents, before.gross_cents, after.gross_cents),
    ):
        if new * total < 0 or abs(new) < abs(old):
            raise CreditCharges
        if abs(new) > abs(total):
            left = f"{total - old} of the document's {total} are left"
            raise CreditExceedsInvoice(FieldError("/lines", left))


def _document(
    original: FrozenDocument,
    reason: str,
    issue_date: date,
    parts: Sequence[Part],
    lines: Sequence[InvoiceLine],
    groups: Sequence[_Group],
) -> FrozenDocument:
    net, tax = -sum(group.net_cents for group in groups), -sum(group.tax_cents for group in groups)
    return evolve(
        original,
        document_type=DocumentType.CREDIT_NOTE.value,
        number="",
        issue_date=issue_date,
        due_date=issue_date,
        payment_terms_days=0,
        payment_reference="",
        creditor_reference=None,
        referenced_number=original.number,
        referenced_issue_date=original.issue_date,
        reason=reason,
        notes=None,
        lines=_lines(parts, lines, groups),
        vat_entries=tuple(group.to_entry() for group in groups),
        totals=FrozenTotals(
            net_cents=net, tax_cents=tax, gross_cents=net + tax, prepaid_cents=0, payable_cents=net + tax
        ),
    )


def _lines(parts: Sequence[Part], lines: Sequence[InvoiceLine], groups: Sequence[_Group]) -> tuple[FrozenLine, ...]:
    taxes = _line_taxes(parts, groups)
    return tuple(
        evolve(
            part.frozen,
            position=position,
            original_position=part.frozen.position,
            description=line.description,
            quantity=plain(line.quantity.value),
            unit_code=line.unit_code,
            unit_price_cents=plain(line.unit_price.cents),
            price_divisor=line.unit_price.divisor,
            net_cents=line.net_cents,
            tax_cents=taxes[part.frozen.position],
        )
        for position, (part, line) in enumerate(zip(parts, lines, strict=True), 1)
    )


def _line_taxes(parts: Sequence[Part], groups: Sequence[_Group]) -> dict[int, int]:
    """Return each line's share of its group's VAT, by the position of the invoice's line."""
    taxes: dict[int, int] = {}
    for group in groups:
        own = [part for part in parts if group.has(part.frozen)]
        shares = spread_tax([-part.net_cents for part in own], group.rate_bp, -group.tax_cents)
        taxes |= {part.frozen.position: share for part, share in zip(own, shares, strict=True)}
    return taxes


def _accounting(original: Mapping[str, Any], groups: Sequence[_Group]) -> dict[str, Any] | None:
    """Return the note's amounts in the seller's currency, at the invoice's own rate."""
    rate = CrossRate.of_document(original)
    if rate is None:
        return None
    before = [(-group.net_before, -group.tax_before) for group in groups]
    return vat_accounting(rate, [group.to_entry() for group in groups], before)

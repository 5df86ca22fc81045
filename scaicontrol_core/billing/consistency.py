"""Does a stored invoice still say what its frozen document says? One place decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.quantity import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.line import InvoiceLine
    from scaicontrol_core.kernel.period import Period


def mismatches(invoice: Invoice) -> tuple[str, ...]:
    """Return the names of the stored fields that contradict the frozen document, sorted.

    An auditor's check: the chain proves the document, this proves the columns beside it. A
    document that can't even be read is named as ``frozen_document``.
    """
    try:
        document = invoice.document
        pairs = {} if document is None else _pairs(invoice, document)
    except (ValueError, LookupError, TypeError, RecursionError):
        pairs = {}
    if not pairs:
        return ("frozen_document",)
    return tuple(sorted(name for name, (column, frozen) in pairs.items() if column != frozen))


def _pairs(invoice: Invoice, document: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    totals, period = document["totals"], invoice.period
    return {
        "status": (invoice.is_draft, False),
        "voided_at": (invoice.voided_at is not None, invoice.status is InvoiceStatus.VOID),
        "number": (invoice.number, document["number"]),
        "issue_date": (to_json(invoice.issue_date), document["issue_date"]),
        "invoice_date": _if_chosen(to_json(invoice.invoice_date), document["issue_date"]),
        "due_date": (to_json(invoice.due_date), document["due_date"]),
        "reason": (invoice.reason, document.get("reason")),
        "referenced_invoice_id": (
            invoice.referenced_invoice_id is None,
            document["referenced_number"] is None,
        ),
        "document_type": (invoice.document_type.paper.value, document["document_type"]),
        "self_billed": (invoice.document_type.is_self_billed, document.get("self_billed", False)),
        "currency": (invoice.currency, document["currency"]),
        "notes": (invoice.notes, document["notes"]),
        "buyer_reference": _if_chosen(invoice.buyer_reference, document["buyer_reference"]),
        "period": (_days(period), (document["period_start"], document["period_end"])),
        "net_cents": (invoice.net_cents, totals["net_cents"]),
        "tax_cents": (invoice.tax_cents, totals["tax_cents"]),
        "gross_cents": (invoice.gross_cents, totals["gross_cents"]),
        "lines": _lines(invoice.lines, document["lines"]),
    }


def _lines(lines: Sequence[InvoiceLine], frozen: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    if len(lines) != len(frozen):
        return len(lines), len(frozen)
    pairs = [_line(*pair) for pair in zip(lines, frozen, strict=True)]
    return [column for pair in pairs for column, _ in pair], [value for pair in pairs for _, value in pair]


def _line(line: InvoiceLine, frozen: dict[str, Any]) -> tuple[tuple[Any, Any], ...]:
    return (
        (line.description, frozen["description"]),
        (plain(line.quantity.value), frozen["quantity"]),
        (line.unit_code, frozen["unit_code"]),
        (plain(line.unit_price.cents), frozen["unit_price_cents"]),
        (line.unit_price.divisor, frozen["price_divisor"]),
        (line.net_cents, frozen["net_cents"]),
        (_days(line.period), (frozen["period_start"], frozen["period_end"])),
        _if_chosen(to_json(line.supply_date), frozen["supply_date"]),
        (line.plan_key, frozen["plan_key"]),
    )


def _if_chosen(column: Any, frozen: Any) -> tuple[Any, Any]:
    """Compare a wish of the draft, where there was one, with what became of it."""
    return (frozen if column is None else column), frozen


def _days(period: Period | None) -> tuple[str | None, str | None]:
    return (period.start.isoformat(), period.end.isoformat()) if period else (None, None)

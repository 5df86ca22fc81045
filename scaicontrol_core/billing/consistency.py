"""Does a stored invoice still say what its frozen document says? One place decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.quantity import plain

if TYPE_CHECKING:
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.line import InvoiceLine


def mismatches(invoice: Invoice) -> tuple[str, ...]:
    """Return the names of the stored fields that contradict the frozen document, sorted.

    An auditor's check: the chain proves the document, this proves the columns beside it.
    """
    document = invoice.document
    if document is None:
        return ("frozen_document",)
    totals = document["totals"]
    stored = {
        "number": (invoice.number, document["number"]),
        "issue_date": (to_json(invoice.issue_date), document["issue_date"]),
        "due_date": (to_json(invoice.due_date), document["due_date"]),
        "document_type": (invoice.document_type.value, document["document_type"]),
        "currency": (invoice.currency, document["currency"]),
        "net_cents": (invoice.net_cents, totals["net_cents"]),
        "tax_cents": (invoice.tax_cents, totals["tax_cents"]),
        "gross_cents": (invoice.gross_cents, totals["gross_cents"]),
        "lines": ([_line(line) for line in invoice.lines], [_frozen(line) for line in document["lines"]]),
    }
    return tuple(sorted(name for name, (column, frozen) in stored.items() if column != frozen))


def _line(line: InvoiceLine) -> tuple[Any, ...]:
    price = line.unit_price
    return (line.description, plain(line.quantity.value), plain(price.cents), price.divisor, line.net_cents)


def _frozen(line: dict[str, Any]) -> tuple[Any, ...]:
    return (
        line["description"],
        line["quantity"],
        line["unit_price_cents"],
        line["price_divisor"],
        line["net_cents"],
    )

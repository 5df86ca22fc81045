"""How the command line shows an invoice, and finds the one that a person named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_cli.output import Json, amount_column, columns, print_item, print_json, print_line, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.line import InvoiceLine

_SUMMARY = (
    "id", "partner_id", "seller_id", "tenant_id", "buyer_partner_id", "buyer_name", "document_type", "status",
    "number", "issue_date", "due_date", "currency", "net_cents", "tax_cents", "gross_cents", "paid_cents",
    "refunded_cents", "balance_cents", "open_cents", "paid_at", "pdf_status", "run_id",
    "referenced_invoice_id", "reason", "created_at", "finalized_at", "sent_at", "voided_at", "void_reason", "version",
)  # fmt: skip
_REST = ("invoice_date", "notes", "buyer_reference", "chain_hash")
SHOWN = (
    *columns("id", "number", "status", "issue_date", "due_date", "buyer_name"),
    amount_column("net", "net_cents"),
    amount_column("VAT", "tax_cents"),
    amount_column("gross", "gross_cents"),
    *columns("pdf_status"),
)
_NESTED = ("lines", "allowed_moves", "seller_snapshot", "buyer_snapshot", "vat_details", "document")
_LINES = (*columns("id", "description", "quantity", "unit_price_cents", "unit_code"), amount_column("net", "net_cents"))


def summary_json(invoice: Invoice) -> Json:
    """Return an invoice as lists show it."""
    from scaicontrol_core.kernel.events import to_json

    shown: Json = {name: to_json(getattr(invoice, name)) for name in _SUMMARY}
    shown["credited_cents"] = invoice.credited.gross_cents
    shown["credit_note_ids"] = list(invoice.credited.note_ids)
    shown["allowed_moves"] = to_json(invoice.allowed_moves())
    return shown


def invoice_json(invoice: Invoice) -> Json:
    """Return an invoice whole; the frozen parts are null for a draft."""
    from scaicontrol_core.kernel.events import to_json

    document = invoice.document
    return {
        **summary_json(invoice),
        **{name: to_json(getattr(invoice, name)) for name in _REST},
        "period_start": to_json(invoice.period.start if invoice.period else None),
        "period_end": to_json(invoice.period.end if invoice.period else None),
        "lines": [line_json(line) for line in invoice.lines],
        "seller_snapshot": document["seller"] if document else None,
        "buyer_snapshot": document["buyer"] if document else None,
        "vat_details": document["vat_details"] if document else None,
        "document": document,
    }


def line_json(line: InvoiceLine) -> Json:
    """Return a line as JSON: decimals as text, amounts in minor units."""
    from scaicontrol_core.kernel.events import to_json

    return {
        "id": line.id,
        "description": line.description,
        "quantity": to_json(line.quantity.value),
        "unit_code": line.unit_code,
        "unit_price_cents": to_json(line.unit_price.cents),
        "price_divisor": line.unit_price.divisor,
        "net_cents": line.net_cents,
        "period_start": to_json(line.period.start if line.period else None),
        "period_end": to_json(line.period.end if line.period else None),
        "supply_date": to_json(line.supply_date),
        "plan_key": line.plan_key,
        "subscription_id": line.subscription_id,
    }


def print_invoice(invoice: Invoice, *, as_json: bool, sends: Sequence[Json] | None = None) -> None:
    """Print an invoice: its fields, its lines, its VAT; ``sends`` is what was sent of it, where it was asked for."""
    shown = invoice_json(invoice)
    if as_json:
        print_json(shown if sends is None else shown | {"sends": list(sends)})
        return
    print_item(shown, as_json=False, omit=_NESTED)
    print_line()
    print_rows([line | {"currency": invoice.currency} for line in shown["lines"]], _LINES)
    if shown["vat_details"] is None:
        return
    entries = [entry | {"currency": invoice.currency} for entry in shown["vat_details"]["entries"]]
    print_line()
    vat = columns("country", "category", "rate", "treatment")
    print_rows(entries, (*vat, amount_column("taxable", "taxable_cents"), amount_column("VAT", "amount_cents")))

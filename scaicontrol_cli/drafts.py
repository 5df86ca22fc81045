"""``scaicontrol admin invoices create|edit|order|finalize|void``: an invoice's way to its number, or out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import (
    AsJson,
    ExpectedVersion,
    InvoiceArgument,
    PartnerOption,
    TenantArgument,
    Yes,
    day,
    require_yes,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.finalizing import finalize_invoices
from scaicontrol_cli.invoice_views import invoice_json, print_invoice
from scaicontrol_cli.naming import invoice_named, tenant_named
from scaicontrol_cli.output import print_json, print_note
from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.ids import LineId

if TYPE_CHECKING:
    from scaicontrol_core.billing.draft_input import DraftInput, LineInput
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.period import Period

_SHORT_LINE = re.compile(
    r"\s*(?P<quantity>[-+]?[0-9.]+)\s*[x×]\s*(?P<price>[0-9.]+)\s+(?P<description>\S.*)", re.DOTALL
)
_FIELDS = frozenset(
    {"lines", "currency", "period_start", "period_end", "notes", "buyer_reference", "invoice_date", "due_date"}
)
_LINE_FIELDS = frozenset(
    {
        "description",
        "quantity",
        "unit_price_cents",
        "price_divisor",
        "unit_code",
        "period_start",
        "period_end",
        "supply_date",
    }
)
_File = Annotated[str | None, typer.Option(help="The draft's fields as a YAML or JSON file; options come on top.")]
_Line = Annotated[
    list[str] | None,
    typer.Option("--line", help='A line: "2 x 12500 Consulting" is two at 125.00 (repeatable).'),
]
_Notes = Annotated[str | None, typer.Option(help="Text for the buyer, below the lines.")]
_Reference = Annotated[str | None, typer.Option(help="The buyer's order or cost centre.")]
_Currency = Annotated[str | None, typer.Option(help="ISO 4217 code (default: the seller's).")]
_InvoiceDate = Annotated[str | None, typer.Option(help="The issue date to finalize with (YYYY-MM-DD).")]
_DueDate = Annotated[str | None, typer.Option(help="When it is due (YYYY-MM-DD; default: the seller's terms).")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    app.command("create")(create_draft)
    app.command("edit")(edit_draft)
    app.command("order")(order_lines)
    app.command("finalize")(finalize_invoices)
    app.command("void")(void_invoice)


def create_draft(
    tenant: TenantArgument,
    file: _File = None,
    lines: _Line = None,
    notes: _Notes = None,
    buyer_reference: _Reference = None,
    currency: _Currency = None,
    invoice_date: _InvoiceDate = None,
    due_date: _DueDate = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Write a draft: no number, no legal force, editable."""
    from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice

    typed = _typed(file, lines, notes, buyer_reference, currency, invoice_date, due_date)
    draft = _draft(typed)

    async def work(session: Session) -> Invoice:
        return await session.use(DraftInvoice)(session.actor, await tenant_named(session, tenant, partner), draft)

    print_invoice(call(work), as_json=as_json)


def edit_draft(
    invoice: InvoiceArgument,
    file: _File = None,
    lines: _Line = None,
    notes: _Notes = None,
    buyer_reference: _Reference = None,
    currency: _Currency = None,
    invoice_date: _InvoiceDate = None,
    due_date: _DueDate = None,
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Change the named fields of a draft; lines are replaced as a whole."""
    from scaicontrol_core.billing.use_cases.edit_draft import EditDraft

    draft = _draft(_typed(file, lines, notes, buyer_reference, currency, invoice_date, due_date))
    if not draft.given:
        raise Invalid("Name at least one field to change.", code="nothing_to_change")

    async def work(session: Session) -> Invoice:
        invoice_id = await invoice_named(session, invoice)
        return await session.use(EditDraft)(session.actor, invoice_id, draft, expected_version=expected_version)

    print_invoice(call(work), as_json=as_json)


def order_lines(
    invoice: InvoiceArgument,
    line_ids: Annotated[list[str] | None, typer.Argument(help="All line ids, in the order wanted.")] = None,
    by_date: Annotated[
        bool, typer.Option("--by-date", help="Sort by the DD-MM-YYYY the descriptions begin with.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a draft's lines in another order."""
    from scaicontrol_core.billing.use_cases.order_lines import OrderLines

    if bool(line_ids) == by_date:
        raise Invalid("Name the lines in their order, or say --by-date.", code="line_order_invalid")
    order = None if by_date else [LineId(line_id) for line_id in line_ids or ()]

    async def work(session: Session) -> Invoice:
        return await session.use(OrderLines)(session.actor, await invoice_named(session, invoice), order)

    print_invoice(call(work), as_json=as_json)


def void_invoice(
    invoice: InvoiceArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept and audited.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Void a draft or an invoice; a number stays taken and its record readable."""
    from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice

    require_yes(yes, f"Void {invoice}?")

    async def work(session: Session) -> tuple[Invoice, str | None]:
        return await session.use(VoidInvoice)(session.actor, await invoice_named(session, invoice), reason)

    voided, warning = call(work)
    if as_json:
        print_json({"invoice": invoice_json(voided), "warning": warning})
        return
    print_invoice(voided, as_json=False)
    if warning:
        print_note(warning)


def _typed(
    file: str | None,
    lines: list[str] | None,
    notes: str | None,
    buyer_reference: str | None,
    currency: str | None,
    invoice_date: str | None,
    due_date: str | None,
) -> dict[str, Any]:
    from scaicontrol_cli.files import read_object

    options = {
        "lines": [_short_line(text, place) for place, text in enumerate(lines)] if lines else None,
        "notes": notes,
        "buyer_reference": buyer_reference,
        "currency": currency,
        "invoice_date": invoice_date,
        "due_date": due_date,
    }
    given = {name: value for name, value in options.items() if value is not None}
    return (read_object(file) if file else {}) | given


def _short_line(text: str, place: int) -> dict[str, Any]:
    match = _SHORT_LINE.fullmatch(text)
    if match is None:
        raise Invalid.field(
            f"/lines/{place}",
            f"{text!r} is not a line.",
            code="line_invalid",
            hint='Write it as "2 x 12500 Consulting": quantity, x, price in cents, description.',
        )
    return {
        "quantity": match["quantity"],
        "unit_price_cents": match["price"],
        "description": match["description"].strip(),
    }


def _draft(typed: dict[str, Any]) -> DraftInput:
    """Read a draft's fields as the HTTP API names them."""
    from scaicontrol_core.billing.draft_input import DraftInput

    _require_known(typed, _FIELDS, "")
    periods = {"period_start", "period_end"} & typed.keys()
    lines = typed.get("lines")
    if lines is not None and not isinstance(lines, list):
        raise Invalid.field("/lines", "This must be a list.", code="list_invalid")
    return DraftInput(
        lines=None if lines is None else tuple(_line(line, f"/lines/{place}") for place, line in enumerate(lines)),
        currency=_text(typed, "currency", ""),
        period=_period(typed, ""),
        notes=_text(typed, "notes", ""),
        buyer_reference=_text(typed, "buyer_reference", ""),
        invoice_date=day(_text(typed, "invoice_date", ""), "/invoice_date"),
        due_date=day(_text(typed, "due_date", ""), "/due_date"),
        given=frozenset(typed.keys() - periods | ({"period"} if periods else set())),
    )


def _line(typed: object, at: str) -> LineInput:
    from scaicontrol_core.billing.draft_input import LineInput

    if not isinstance(typed, dict):
        raise Invalid.field(at, "A line is an object with named fields.", code="line_invalid")
    _require_known(typed, _LINE_FIELDS, at)
    divisor = typed.get("price_divisor", 1)
    if not isinstance(divisor, int) or isinstance(divisor, bool):
        raise Invalid.field(f"{at}/price_divisor", f"{divisor!r} is not a whole number.", code="number_invalid")
    return LineInput(
        description=_text(typed, "description", at) or "",
        unit_price_cents=_text(typed, "unit_price_cents", at) or "",
        quantity=_text(typed, "quantity", at) or "1",
        price_divisor=divisor,
        unit_code=_text(typed, "unit_code", at) or "C62",
        period=_period(typed, at),
        supply_date=day(_text(typed, "supply_date", at), f"{at}/supply_date"),
    )


def _period(typed: dict[str, Any], at: str) -> Period | None:
    from scaicontrol_core.kernel.period import Period

    start = day(_text(typed, "period_start", at), f"{at}/period_start")
    end = day(_text(typed, "period_end", at), f"{at}/period_end")
    if start is None and end is None:
        return None
    if start is None or end is None or start >= end:
        raise Invalid.field(f"{at}/period_end", "A period needs a start, and an end after it.", code="period_invalid")
    return Period(start, end)


def _text(typed: dict[str, Any], name: str, at: str) -> str | None:
    """Return a field as text: whole numbers and dates may stand unquoted in a file, fractions may not."""
    from datetime import date

    value = typed.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | date | None):
        raise Invalid.field(f"{at}/{name}", f"{value!r} is not text; put it in quotes.", code="text_invalid")
    return None if value is None else str(value)


def _require_known(typed: dict[str, Any], known: frozenset[str], at: str) -> None:
    unknown = sorted(typed.keys() - known)
    if unknown:
        wrong = [FieldError(f"{at}/{name}", "There is no such field.") for name in unknown]
        raise Invalid(f"There is no field {unknown[0]!r}.", code="field_unknown", fields=wrong)

"""``scaicontrol admin invoices credit-note|reissue``: an invoice is taken back, or written anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, InvoiceArgument, Yes, require_yes
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.invoice_views import invoice_json, print_invoice
from scaicontrol_cli.naming import invoice_named
from scaicontrol_cli.output import amount_column, columns, print_json, print_line, print_note, print_rows
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from scaicontrol_core.billing.credit_issuing import IssuedCreditNote
    from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.use_cases.reissue_invoice import ReissuedInvoice

_LINE = re.compile(r"\s*(?P<position>[0-9]+)\s*(?:=\s*(?P<cents>-?[0-9]+)|[x×]\s*(?P<quantity>-?[0-9.]+))?\s*")
_Reason = Annotated[str, typer.Option(help="Why; it stands on the credit note.")]
_LINES = (*columns("original_position", "description", "quantity", "rate"), amount_column("net", "net_cents"))


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of invoices."""
    app.command("credit-note")(issue_credit_note)
    app.command("reissue")(reissue_invoice)


def issue_credit_note(
    invoice: InvoiceArgument,
    reason: _Reason,
    lines: Annotated[
        list[str] | None,
        typer.Option(
            "--line",
            help='What to take back of a line, by its position: "1" all that is left, "1=5000" 50.00 net, '
            '"1 x 2" two of it (repeatable; default: all that is left of the invoice).',
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it; spend no number.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Issue a credit note: numbered at once, for all that is left of an invoice or for some of it."""
    wanted = wanted_note(reason, lines)
    if dry_run:
        _preview(invoice, wanted, as_json=as_json)
        return
    require_yes(yes, f"Credit {invoice}, for ever?")
    issued = _issue(invoice, wanted)
    if as_json:
        print_json(invoice_json(issued.credit_note))
        return
    print_invoice(issued.credit_note, as_json=False)
    print_note(f"{issued.credit_note.number} credits {issued.original.number}.")


def reissue_invoice(
    invoice: InvoiceArgument,
    reason: _Reason,
    finalize: Annotated[bool, typer.Option("--finalize", help="Number the new invoice at once.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Credit all that is left of an invoice and write it anew: VAT is decided again, tax points stay."""
    from scaicontrol_core.billing.use_cases.reissue_invoice import ReissueInvoice

    require_yes(yes, f"Credit {invoice} and write it anew?")

    async def work(session: Session) -> ReissuedInvoice:
        invoice_id = await invoice_named(session, invoice)
        return await session.use(ReissueInvoice)(session.actor, invoice_id, reason, finalize=finalize)

    done = call(work)
    if as_json:
        parts = {"original": done.original, "credit_note": done.credit_note, "invoice": done.invoice}
        print_json({name: invoice_json(part) for name, part in parts.items()})
        return
    print_invoice(done.invoice, as_json=False)
    anew = done.invoice.number or f"the draft {done.invoice.id}"
    print_note(f"{done.credit_note.number} credits {done.original.number}; {anew} stands in its place.")


def _issue(invoice: str, wanted: NewCreditNote) -> IssuedCreditNote:
    from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote

    async def work(session: Session) -> IssuedCreditNote:
        return await session.use(IssueCreditNote)(session.actor, await invoice_named(session, invoice), wanted)

    return call(work)


def _preview(invoice: str, wanted: NewCreditNote, *, as_json: bool) -> None:
    from scaicontrol_core.billing.use_cases.preview_credit_note import PreviewCreditNote

    async def work(session: Session) -> FrozenDocument:
        return await session.use(PreviewCreditNote)(session.actor, await invoice_named(session, invoice), wanted)

    document = call(work).to_dict()
    if as_json:
        print_json({"document": document})
        return
    currency = {"currency": document["currency"]}
    print_rows(
        [line | currency | {"rate": f"{line['category']} {line['rate_bp']}"} for line in document["lines"]], _LINES
    )
    print_line()
    totals = (
        amount_column("net", "net_cents"),
        amount_column("VAT", "tax_cents"),
        amount_column("gross", "gross_cents"),
    )
    print_rows([document["totals"] | currency], totals)
    print_note("Nothing was issued.")


def wanted_note(reason: str, lines: list[str] | None) -> NewCreditNote:
    """Read the lines to credit as people write them; None: all that is left. ``Invalid`` (``line_invalid``)."""
    from scaicontrol_core.billing.credit_note import NewCreditNote

    chosen = tuple(_line(text, place) for place, text in enumerate(lines)) if lines else None
    return NewCreditNote(reason=reason, lines=chosen)


def _line(text: str, place: int) -> LineCredit:
    from scaicontrol_core.billing.credit_note import LineCredit

    match = _LINE.fullmatch(text)
    if match is None:
        raise Invalid.field(
            f"/lines/{place}",
            f"{text!r} is no line to credit.",
            code="line_invalid",
            hint='Write "1" for all that is left of line 1, "1=5000" for 50.00 net of it, "1 x 2" for two of it.',
        )
    cents = match["cents"]
    return LineCredit(
        position=int(match["position"]), net_cents=None if cents is None else int(cents), quantity=match["quantity"]
    )

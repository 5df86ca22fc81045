"""``scaicontrol admin billing upcoming``: what a customer's next invoice will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, amount_column, columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from scaicontrol_core.billing.use_cases.read_upcoming_invoice import UpcomingInvoice


def add_to(app: typer.Typer) -> None:
    """Add the command to the group of billing."""
    app.command("upcoming")(show_upcoming)


def show_upcoming(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or external reference.", metavar="TENANT")],
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what a customer will be charged next, exactly as a billing run of that day will."""
    from scaicontrol_core.billing.use_cases.read_upcoming_invoice import ReadUpcomingInvoice

    async def work(session: Session) -> UpcomingInvoice:
        return await session.use(ReadUpcomingInvoice)(session.actor, await tenant_named(session, tenant, partner))

    shown = _json(call(work))
    if as_json:
        print_json(shown)
    else:
        _print(shown)


def _json(found: UpcomingInvoice) -> Json:
    from scaicontrol_core.kernel.events import to_json

    invoices = [
        {
            "currency": each.currency,
            "due_date": to_json(each.due_date),
            "lines": to_json(each.lines),
            "vat": to_json(each.vat_entries),
            **to_json(each.totals),
        }
        for each in found.documents
    ]
    return {"tenant_id": found.tenant_id, "bills_on": to_json(found.bills_on), "invoices": invoices}


def _print(shown: Json) -> None:
    if shown["bills_on"] is None:
        print_note("Nothing is to come.")
        return
    net, tax, gross = (amount_column(name, f"{key}_cents") for name, key in _SUMS)
    for invoice in shown["invoices"]:
        lines = [line | {"currency": invoice["currency"]} for line in invoice["lines"]]
        print_rows(lines, (*columns("description", "quantity", "period_start", "period_end"), net))
        print_rows([invoice], (net, tax, gross))
    print_note(f"To be billed on {shown['bills_on']}, if nothing more is used or changed.")


_SUMS = (("net", "net"), ("VAT", "tax"), ("gross", "gross"))

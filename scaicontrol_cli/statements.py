"""``scaicontrol admin tenants statement``: a customer's account over a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption, TenantArgument, day
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, amount, columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from scaicontrol_core.documents.statement import Statement
    from scaicontrol_core.documents.use_cases.render_statement import StatementPdf

_SHOWN = columns("date", "kind", "number", "due_date", "amount", "balance")


def add_to(app: typer.Typer) -> None:
    """Add the command to the group of tenants."""
    app.command("statement")(write_statement)


def write_statement(
    tenant: TenantArgument,
    first: Annotated[
        str | None, typer.Option("--from", help="The first day (default: of the last day's year).")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last day, included (default: today).")] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write a PDF here (- is stdout).")] = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what a customer was charged, credited and paid; with --output, as a PDF."""
    from scaicontrol_core.documents.use_cases.render_statement import RenderStatement
    from scaicontrol_core.documents.use_cases.state_account import StateAccount

    days = day(first, "/from"), day(last, "/to")

    async def render(session: Session) -> StatementPdf:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(RenderStatement)(session.actor, tenant_id, *days)

    async def state(session: Session) -> Statement:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(StateAccount)(session.actor, tenant_id, *days)

    if output is None:
        _print(call(state).to_dict(), as_json=as_json)
        return
    from scaicontrol_cli.files import write_bytes

    pdf = call(render)
    write_bytes(output, pdf.content)
    if as_json and output != "-":
        print_json({"path": output, "size": len(pdf.content)})
    else:
        print_note(f"{output}: {len(pdf.content)} bytes")


def _print(statement: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(statement)
        return
    for account in statement["accounts"]:
        currency = account["currency"]
        print_rows([_row(entry, currency) for entry in account["entries"]], _SHOWN)
        opening, closing = (amount(account[name], currency) for name in ("opening_cents", "closing_cents"))
        print_note(f"{statement['period_start']} to {statement['period_last_day']}: from {opening} to {closing}")


def _row(entry: Json, currency: str) -> Json:
    shown = {"amount": amount(entry["amount_cents"], currency), "balance": amount(entry["balance_cents"], currency)}
    return entry | shown

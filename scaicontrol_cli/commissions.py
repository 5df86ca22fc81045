"""``scaicontrol admin partners commissions``: what a partner earned by sales in the operator's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    PartnerArgument,
    page,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.naming import partner_named
from scaicontrol_cli.output import Column, Json, amount, amount_column, columns, print_json, print_note, print_page
from scaicontrol_core.kernel.money import format_minor

if TYPE_CHECKING:
    from datetime import date

    from scaicontrol_core.billing.commissions.month import MonthOfCommissions
    from scaicontrol_core.billing.commissions.statement import CommissionStatement
    from scaicontrol_core.documents.use_cases.render_commissions import CommissionsPdf
    from scaicontrol_core.kernel.paging import Page

_LISTED = (
    *columns("month", "billing_model", "entry_count"),
    amount_column("net", "net_cents"),
    amount_column("commission", "commission_cents"),
    *columns("settled_by"),
)
_ROWS = (
    *columns("day", "kind", "number", "customer"),
    amount_column("net", "net_cents"),
    Column("rate", lambda row: f"{format_minor(row['rate_bp'], 2)} %", right=True),
    amount_column("commission", "commission_cents"),
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of partners."""
    app.command("commissions")(list_commissions)
    app.command("commission-statement")(show_statement)


def list_commissions(
    partner: PartnerArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """List a partner's closed commission statements, the newest month first."""
    from scaicontrol_core.billing.use_cases.list_commissions import ListCommissions

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> Page[CommissionStatement]:
        partner_id = await partner_named(session, partner)
        return await session.use(ListCommissions)(session.actor, partner_id, request)

    print_page(call(work), _summary, _LISTED, as_json=as_json)


def show_statement(
    partner: PartnerArgument,
    month: Annotated[str | None, typer.Option(help="The month, e.g. 2026-10 (default: the current one).")] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write a PDF here (- is stdout).")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a month of a partner's commissions, document by document; with --output, as a PDF."""
    from scaicontrol_core.billing.billing_run import parse_month

    first = parse_month(month).start if month else None
    if output is not None:
        _write_pdf(partner, first, output, as_json=as_json)
        return
    from scaicontrol_core.billing.use_cases.read_commissions import ReadCommissions

    async def work(session: Session) -> MonthOfCommissions:
        return await session.use(ReadCommissions)(session.actor, await partner_named(session, partner), first)

    _print(call(work), as_csv=as_csv, as_json=as_json)


def _write_pdf(partner: str, first: date | None, output: str, *, as_json: bool) -> None:
    from scaicontrol_cli.files import write_bytes
    from scaicontrol_core.documents.use_cases.render_commissions import RenderCommissions

    async def work(session: Session) -> CommissionsPdf:
        return await session.use(RenderCommissions)(session.actor, await partner_named(session, partner), first)

    pdf = call(work)
    write_bytes(output, pdf.content)
    if as_json and output != "-":
        print_json({"path": output, "size": len(pdf.content)})
    else:
        print_note(f"{output}: {len(pdf.content)} bytes")


def _print(stated: MonthOfCommissions, *, as_csv: bool, as_json: bool) -> None:
    from scaicontrol_adapters.reports import commissions_csv
    from scaicontrol_cli.files import write_text
    from scaicontrol_cli.output import print_rows
    from scaicontrol_core.kernel.errors import Invalid

    if as_csv and as_json:
        raise Invalid("--csv and --json exclude each other.", code="format_unknown")
    if as_csv:
        write_text("-", commissions_csv(stated))
        return
    shown = stated.to_dict()
    if as_json:
        print_json(shown)
        return
    rows = [entry | {"currency": each["currency"]} for each in shown["statements"] for entry in each["entries"]]
    print_rows(rows, _ROWS)
    for each in shown["statements"]:
        net, earned = (amount(each[name], each["currency"]) for name in ("net_cents", "commission_cents"))
        print_note(f"{shown['month']}: {earned} of {net}, {each['entry_count']} documents")
    if not stated.closed:
        print_note(f"{shown['month']} is not closed: this is what there is so far.")


def _summary(statement: CommissionStatement) -> Json:
    shown: dict[str, Any] = statement.to_dict() | {"month": statement.name, "partner_id": statement.partner_id}
    del shown["entries"]
    return shown

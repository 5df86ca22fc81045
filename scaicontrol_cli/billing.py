"""``scaicontrol admin billing``: billing runs, and what they charged for want of proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import upcoming
from scaicontrol_cli.arguments import AsJson, DryRun, PartnerOption, TenantOption, day
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import (
    Json,
    amount_column,
    columns,
    print_item,
    print_json,
    print_line,
    print_note,
    print_rows,
)
from scaicontrol_cli.progress import progress
from scaicontrol_core.kernel.ids import PartnerId, RunId

if TYPE_CHECKING:
    from scaicontrol_core.billing.run_report import RunReport

app = group("Billing runs: everything due is put on invoices, once.")
upcoming.add_to(app)
VAT_COLUMNS = (
    *columns("country", "category", "rate"),
    amount_column("net", "net_cents"),
    amount_column("VAT", "tax_cents"),
)

_PARTNER_COLUMNS = columns("partner_name", "kind", "month", "number", "lines")


@app.command("run")
def run_billing(
    period: Annotated[str, typer.Option(help="The month, e.g. 2026-10; nothing after today is billed.")],
    tenant: TenantOption = None,
    partner: PartnerOption = None,
    dry_run: DryRun = False,
    join: Annotated[str | None, typer.Option(metavar="RUN", help="Work on this run, not any open one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bill every period due up to the month's end. Safe to repeat; exits with 1 if a customer could not be billed.

    Started several times, on any number of machines, all work on one run and share its tenants.
    """
    import os
    import socket

    from scaicontrol_core.billing.billing_run import parse_month
    from scaicontrol_core.billing.claiming import Sharing
    from scaicontrol_core.billing.use_cases.run_billing import RunBilling

    month = parse_month(period)
    sharing = Sharing(run_id=RunId(join) if join else None, worker=f"{socket.gethostname()[:60]}:{os.getpid()}")

    async def work(session: Session) -> RunReport:
        tenant_id = await tenant_named(session, tenant, partner) if tenant else None
        with progress("Billing") as step:
            return await session.use(RunBilling)(
                session.actor,
                month,
                tenant_id=tenant_id,
                dry_run=dry_run,
                sharing=sharing,
                on_progress=lambda done, due, _totals: step(done, due),
            )

    report = call(work)
    shown = report_json(report, period)
    if as_json:
        print_json(shown)
    else:
        _print_report(shown)
        _print_next(shown)
    if report.totals.failures or report.totals.partner_failures:
        raise typer.Exit(FAILED)


@app.command("preview")
def preview_billing(
    period: Annotated[str, typer.Option(help="The month, e.g. 2026-10.")],
    tenant: TenantOption = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what a billing run would charge, and write nothing; exits with 1 if a customer could not be billed."""
    run_billing(period=period, tenant=tenant, partner=partner, dry_run=True, join=None, as_json=as_json)


@app.command("show")
def show_run(
    run: Annotated[str, typer.Argument(help="The run's id.", metavar="RUN")],
    as_json: AsJson = False,
) -> None:
    """Show what a billing run did or has done so far, who works on it, and whom it could not bill."""
    from scaicontrol_core.billing.use_cases.get_billing_run import GetBillingRun

    found = call(lambda session: session.use(GetBillingRun)(session.actor, RunId(run)))
    month = found.run.month.start if found.run else None
    shown = report_json(found, f"{month:%Y-%m}")
    if as_json:
        print_json(shown)
        return
    print_item(shown, as_json=False, omit=("totals", "previews", "progress"))
    print_line()
    _print_progress(shown["progress"])
    _print_report(shown)


@app.command("vat-corrections")
def list_vat_corrections(
    partner: Annotated[str | None, typer.Option("--seller", help="The seller's id; without it, the operator.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Issued since that day, YYYY-MM-DD; a year back without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List invoices that bear VAT only because the buyer's number was unverified, and now is proven."""
    from scaicontrol_core.billing.use_cases.list_vat_corrections import ListVatCorrections
    from scaicontrol_core.kernel.events import to_json

    seller_id, first = PartnerId(partner) if partner else None, day(since, "/since")
    found = call(lambda session: session.use(ListVatCorrections)(session.actor, seller_id=seller_id, since=first))
    items = to_json(found)
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
        return
    vat = amount_column("VAT", "tax_cents")
    print_rows(items, (*columns("number", "issue_date", "company_name", "vat_number", "proven_at", "reference"), vat))
    if items:
        print_note("To credit one and issue it anew: scaicontrol admin invoices reissue NUMBER")


def report_json(report: RunReport, period: str) -> Json:
    """Return what a run did, or on a dry run would do, as JSON."""
    from scaicontrol_core.kernel.events import to_json

    totals, run = report.totals, report.run
    sums = {"net_cents": totals.net_cents, "tax_cents": totals.tax_cents, "gross_cents": totals.gross_cents}
    return {
        "id": run.id if run else None,
        "status": run.status.value if run else "dry_run",
        "period": period,
        "started_at": to_json(run.started_at if run else None),
        "finished_at": to_json(run.finished_at if run else None),
        "totals": to_json(totals) | sums,
        "previews": to_json(report.previews),
        "progress": to_json(report.progress),
    }


def _print_next(shown: Json) -> None:
    """Say what the run is called, and how its drafts get their numbers."""
    if shown["id"] is None:
        return
    print_note(f"This was {shown['id']}.")
    if shown["totals"]["drafts"]:
        print_note(f"For the numbers: scaicontrol admin invoices finalize --drafts-of-run {shown['id']}")


def _print_progress(progress: Json) -> None:
    """Say who did what, and how many pages of tenants are done."""
    print_rows(
        progress["workers"],
        columns("name", "pages", "finished", "tenants", "invoices", "failures", "leased_until"),
        title=f"{progress['finished']} of {progress['pages']} pages so far, {progress['taken_over']} taken over",
    )


def _print_report(shown: Json) -> None:
    totals = shown["totals"]
    print_rows([totals], columns("tenants", "invoices", "drafts", "lines"))
    if totals["vat"]:
        print_rows(totals["vat"], VAT_COLUMNS)
    if shown["id"] is None:
        gross = amount_column("gross", "gross_cents")
        print_rows(shown["previews"], (*columns("tenant_id", "company_name", "lines"), gross))
        print_note("Nothing was written: this was a dry run.")
    if totals["partner_documents"]:
        net, gross = amount_column("net", "net_cents"), amount_column("gross", "gross_cents")
        print_rows(totals["partner_documents"], (*_PARTNER_COLUMNS, net, gross), title="Partners")
    for failure in totals["partner_failures"]:
        print_note(f"{failure['partner_id']}: {failure['message']} [{failure['code']}]")
    for failure in totals["failures"]:
        print_note(f"{failure['tenant_id']}: {failure['message']} [{failure['code']}]")

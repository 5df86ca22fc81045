"""What the demo shows when it is done: people, money, places, and a token to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_cli.output import Column, Json, amount, amount_column, columns, print_json, print_line, print_rows
from scaicontrol_core.access.role import Role
from scaicontrol_core.kernel.errors import Forbidden

if TYPE_CHECKING:
    from scaicontrol_adapters.rendering import RenderReport
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_cli.demo.load import DemoReport

_SUMS = (("net", "net"), ("VAT", "tax"), ("gross", "gross"))
_TOKEN_SECONDS = 24 * 3600


def print_report(report: DemoReport, rendered: RenderReport | None, settings: Settings, *, as_json: bool) -> None:
    """Print it: for people as tables, for programs as one JSON object."""
    shown = report_json(report, rendered, settings)
    if as_json:
        print_json(shown)
    else:
        _print_tables(shown)


def report_json(report: DemoReport, rendered: RenderReport | None, settings: Settings) -> Json:
    """Return the demo's outcome as JSON; amounts in minor units."""
    from scaicontrol_core.kernel.events import to_json

    summary = report.summary
    assert summary is not None  # noqa: S101  # load ends with it
    return {
        "seller": report.operator.configuration.legal_name,
        "customers": len(report.customers.rows),
        "failed": to_json(report.customers.failed),
        "skipped": to_json(report.skipped),
        "unbilled": to_json(tuple(report.unbilled.values())),
        "subscriptions": report.subscriptions,
        "invoices": summary.invoices,
        "credit_notes": summary.credit_notes,
        "currency": report.operator.configuration.default_currency,
        "net_cents": summary.net_cents,
        "tax_cents": summary.tax_cents,
        "gross_cents": summary.gross_cents,
        "vat": to_json(summary.vat),
        "this_run": {
            "customers_created": report.customers.created,
            "customers_updated": report.customers.updated,
            "subscriptions_created": report.subscribed,
            "invoices_made": report.invoiced,
            "credit_notes_made": report.credited,
            "pdfs_made": rendered.rendered if rendered else 0,
        },
        "pdfs": {
            "left": rendered.left if rendered else summary.by_pdf_status.get("pending", 0),
            "away": rendered.away if rendered else None,
            "failures": to_json(rendered.failures) if rendered else [],
            "place": _place(settings),
        },
        "api": f"{settings.public_url}/api/v1",
        "token": _token(),
    }


def _print_tables(shown: Json) -> None:
    currency = shown["currency"]
    names = ("customers", "subscriptions", "invoices", "credit_notes")
    counts = {name.replace("_", " "): shown[name] for name in names}
    money = {name: amount(shown[f"{field}_cents"], currency) for name, field in _SUMS}
    print_line(f"{shown['seller']}: what is there")
    print_rows([counts | money], tuple(Column(name, name, right=True) for name in counts | money))
    print_line()
    vat = columns("country", "category", "rate")
    print_rows(shown["vat"], (*vat, amount_column("net", "net_cents"), amount_column("VAT", "tax_cents")))
    print_line()
    _print_misses(shown)
    _print_doings(shown)
    print_line(f"PDFs: {shown['pdfs']['place']}")
    if shown["pdfs"]["left"]:
        reason = f" ({shown['pdfs']['away']})" if shown["pdfs"]["away"] else ""
        print_line(f"  {shown['pdfs']['left']} are still to be made{reason}; the server does so by itself.")
    if shown["token"] is None:
        print_line("For the API, get a token from your issuer: the one of development is off.")
        return
    print_line("A token for the API, good for a day, and a first call once the server runs (scaicontrol serve):")
    print_line(f"TOKEN={shown['token']}")
    print_line(f'curl -H "Authorization: Bearer $TOKEN" "{shown["api"]}/admin/invoices?limit=3"')


def _print_misses(shown: Json) -> None:
    for row in shown["failed"]:
        name = row["external_reference"] or f"row {row['row']}"
        print_line(f"Not imported: {name}: {row['message']} [{row['code']}]")
    for row in shown["skipped"]:
        print_line(f"Not subscribed: {row['external_reference']} to {row['subscribe']}: {row['reason']}")
    for failure in shown["unbilled"]:
        print_line(f"Not billed: {failure['tenant_id']}: {failure['message']} [{failure['code']}]")
    for failure in shown["pdfs"]["failures"]:
        print_line(f"No PDF: {failure['invoice_id']}: {failure['message']} [{failure['code']}]")


def _print_doings(shown: Json) -> None:
    done = [f"{count} {name.replace('_', ' ')}" for name, count in shown["this_run"].items() if count]
    print_line(f"This run: {', '.join(done) if done else 'nothing to do, nothing changed'}.")


def _token() -> str | None:
    from scaicontrol_cli.tokens import issue

    try:
        return issue(Role.SUPER_ADMIN, None, None, _TOKEN_SECONDS)
    except Forbidden:
        return None


def _place(settings: Settings) -> str:
    if settings.object_store == "s3":
        return f"s3://{settings.s3_bucket}/"
    return str(settings.objects_dir)

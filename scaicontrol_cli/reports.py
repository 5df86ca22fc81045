"""``scaicontrol admin reports``: what a seller declares to its tax office, and how old its receivables are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption, day
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import (
    Column,
    Json,
    amount,
    amount_column,
    columns,
    print_json,
    print_line,
    print_note,
    print_rows,
)
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from scaicontrol_adapters.reports import Report

app = group("Reports: VAT summary, One Stop Shop, EC sales list, age of receivables.")

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
_VAT_ROWS = (
    *columns("corrected_period", "treatment", "category", "country", "rate", "documents"),
    amount_column("net", "net_cents"),
    amount_column("VAT", "tax_cents"),
)
_SALES_ROWS = (*columns("corrected_period", "country", "vat_number"), amount_column("services", "services_cents"))
_OSS_AMOUNTS = (amount_column("taxable", "taxable_cents"), amount_column("VAT", "vat_cents"))
_AGES = (
    *columns("invoices"),
    amount_column("not due", "not_due_cents"),
    amount_column("1-30 days", "days_1_30_cents"),
    amount_column("31-60 days", "days_31_60_cents"),
    amount_column("61-90 days", "days_61_90_cents"),
    amount_column("over 90", "over_90_cents"),
    amount_column("open", "open_cents"),
    amount_column("credit", "credit_cents"),
)
_HEAPS = (
    *columns("part", "reason", "documents"),
    amount_column("net", "net_cents"),
    amount_column("VAT", "tax_cents"),
)


@app.command("vat")
def report_vat(
    period: Annotated[str, typer.Option(help="A month, quarter or year: 2026-01, 2026-Q1, 2026.")],
    partner: PartnerOption = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Sum up the VAT of a period by treatment, category, country and rate."""
    from scaicontrol_core.billing.use_cases.report_vat import ReportVat

    shown = _report(ReportVat, period, partner, as_csv=as_csv, as_json=as_json)
    if shown is not None:
        print_rows([*shown["rows"], *shown["corrections"]], _VAT_ROWS)
        _print_account(shown)


@app.command("oss")
def report_oss(
    period: Annotated[str, typer.Option(help="A quarter: 2026-Q1.")],
    partner: PartnerOption = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Make a quarter's return for the One Stop Shop: consumers of other member states, in euro."""
    from scaicontrol_core.billing.use_cases.report_oss import ReportOss

    shown = _report(ReportOss, period, partner, as_csv=as_csv, as_json=as_json)
    if shown is None:
        return
    print_rows(_in_euro(shown["rows"]), (*columns("country", "rate_type", "rate"), *_OSS_AMOUNTS))
    if shown["corrections"]:
        print_rows(
            _in_euro(shown["corrections"]),
            (*columns("country", "corrected_period", "too_late"), *_OSS_AMOUNTS),
            title="Corrections",
        )
    balance = amount_column("balance", "balance_cents")
    print_rows(_in_euro(shown["balances"]), (*columns("country"), balance), title="Balances")
    for rate in shown["exchange_rates"]:
        print_note(f"{rate['period']}: 1 EUR = {rate['rate']} {rate['currency']} ({rate['rate_date']})")
    if shown["nil_return"]:
        print_note("A nil return: nothing to declare, and to be filed all the same.")
    if not shown["oss_registered"]:
        print_note("The seller is not registered in the One Stop Shop.")
    print_note(f"{shown['return_period']}, to be paid: {amount(shown['payable_cents'], shown['currency'])}")
    _print_account(shown)


@app.command("ecsl", hidden=True)
@app.command("ec-sales-list")
def report_ec_sales(
    period: Annotated[str, typer.Option(help="A month or quarter: 2026-01, 2026-Q1.")],
    partner: PartnerOption = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List what businesses of other member states bought under the reverse charge, by VAT number."""
    from scaicontrol_core.billing.use_cases.report_ec_sales import ReportEcSales

    shown = _report(ReportEcSales, period, partner, as_csv=as_csv, as_json=as_json)
    if shown is not None:
        print_rows([*shown["rows"], *shown["corrections"]], _SALES_ROWS)
        _print_account(shown)


_REVENUE = tuple(
    amount_column(name, f"{name}_cents")
    for name in ("start", "new", "expansion", "contraction", "churned", "reactivated", "end")
)
_SHARES = ("logo_churn", "revenue_churn", "net_retention")
_BOTH = "A month, quarter or year: 2026-01, 2026-Q1, 2026."
OfSeller = Annotated[str | None, typer.Option("--seller", help="A seller's id (default: the operator).")]
Customers = Annotated[str | None, typer.Option("--partner", help="Only the customers of the partner with this id.")]


@app.command("mrr")
def report_mrr(
    period: Annotated[str, typer.Option(help=_BOTH)],
    seller: OfSeller = None,
    partner: Customers = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Tell what customers come to a month: at the start, what moved, at the end; by plan and by country."""
    shown = _revenue(period, seller, partner, as_csv=as_csv, as_json=as_json)
    if shown is None:
        return
    print_rows(shown["months"], (*columns("month"), *_REVENUE, *columns("customers_at_end"), Column("ARPA", _arpa)))
    for heading, field in (("plan", "by_plan"), ("country", "by_country")):
        parts = [
            {"month": month["month"], "currency": month["currency"]} | part
            for month in shown["months"]
            for part in month[field]
        ]
        named = (*columns("month"), Column(heading, "name"), *_REVENUE, *columns("customers_at_end"))
        print_rows(parts, named, title=f"By {heading}")
    _print_as_of(shown)


@app.command("churn")
def report_churn(
    period: Annotated[str, typer.Option(help=_BOTH)],
    seller: OfSeller = None,
    partner: Customers = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Tell how many customers left and what they took with them, and what the others bring."""
    shown = _revenue(period, seller, partner, as_csv=as_csv, as_json=as_json)
    if shown is None:
        return
    counts = columns(
        "month",
        "currency",
        "customers_at_start",
        "customers_new",
        "customers_reactivated",
        "customers_churned",
        "customers_at_end",
        "customers_lost",
    )
    shares = [Column(name.replace("_", " "), partial(_percent, f"{name}_bp"), right=True) for name in _SHARES]
    print_rows(shown["months"], (*counts, *shares))
    _print_as_of(shown)


@app.command("backfill")
def backfill_recurrences(as_json: AsJson = False) -> None:
    """Write down what recurs of subscriptions that are older than its history: once, after an upgrade."""
    from scaicontrol_core.billing.use_cases.backfill_recurrences import BackfillRecurrences

    written = call(lambda session: session.use(BackfillRecurrences)(session.actor))
    if as_json:
        print_json({"written": written})
    else:
        print_note(f"{written} subscriptions were written down.")


@app.command("ageing")
def report_ageing(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="A day of the seller, YYYY-MM-DD (default: today).")
    ] = None,
    partner: PartnerOption = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List what customers owe, by how long it is past due, and what they have to their credit."""
    from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing

    wanted, seller = day(as_of, "/as_of"), PartnerId(partner) if partner else None
    shown = _printed(
        lambda session: session.use(ReportAgeing)(session.actor, wanted, seller), as_csv=as_csv, as_json=as_json
    )
    if shown is not None:
        print_rows(shown["rows"], (*columns("buyer_name"), *_AGES))
        print_rows(shown["totals"], (*columns("currency"), *_AGES), title=f"As of {shown['as_of']}")
        if shown["ties"] is False:
            print_note("THESE SUMS DO NOT TIE OUT with the invoices; run scaicontrol admin audit.")


def _revenue(period: str, seller: str | None, partner: str | None, *, as_csv: bool, as_json: bool) -> Json | None:
    from scaicontrol_core.billing.use_cases.report_recurring_revenue import ReportRecurringRevenue

    seller_id, partner_id = PartnerId(seller) if seller else None, PartnerId(partner) if partner else None
    return _printed(
        lambda session: session.use(ReportRecurringRevenue)(session.actor, period, seller_id, partner_id=partner_id),
        as_csv=as_csv,
        as_json=as_json,
    )


def _arpa(month: Json) -> str:
    return "" if month["arpa_cents"] is None else amount(month["arpa_cents"], month["currency"])


def _percent(field: str, month: Json) -> str:
    from scaicontrol_core.kernel.money import format_minor

    return "" if month[field] is None else f"{format_minor(month[field], 2)} %"


def _print_as_of(shown: Json) -> None:
    if not shown["final"]:
        print_note(f"Not final: this is how it stands on {shown['as_of']}.")


def _report(use_case: type[Any], period: str, partner: str | None, *, as_csv: bool, as_json: bool) -> Json | None:
    """Make a report; print it as JSON or CSV if asked, else return it to be shown."""
    seller = PartnerId(partner) if partner else None
    return _printed(
        lambda session: session.use(use_case)(session.actor, period, seller_id=seller), as_csv=as_csv, as_json=as_json
    )


def _printed(make: Callable[[Session], Awaitable[Report]], *, as_csv: bool, as_json: bool) -> Json | None:
    from scaicontrol_adapters.reports import report_csv
    from scaicontrol_cli.files import write_text
    from scaicontrol_core.kernel.errors import Invalid
    from scaicontrol_core.kernel.events import to_json

    if as_csv and as_json:
        raise Invalid("--csv and --json exclude each other.", code="format_unknown")
    made = call(make)
    if as_csv:
        write_text("-", report_csv(made))
        return None
    shown: Json = to_json(made)
    if as_json:
        print_json(shown)
        return None
    return shown


def _in_euro(rows: Sequence[Json]) -> list[Json]:
    return [row | {"currency": "EUR"} for row in rows]


def _print_account(shown: Json) -> None:
    """Print where every document that was read went, and whether it all adds up."""
    account, header = shown["tie_out"], shown["header"]
    heaps = [
        {"part": part.replace("_", " ")} | heap for part in ("read", "included", "left_out") for heap in account[part]
    ]
    print_line()
    print_rows(heaps, _HEAPS, title=f"Account of {account['documents']} documents")
    if not account["ties"]:
        print_note("THESE SUMS DO NOT TIE OUT: a document contradicts itself; run scaicontrol admin invoices verify.")
    if not header["final"]:
        print_note(f"Not final: documents may be added until {header['due_on']}.")

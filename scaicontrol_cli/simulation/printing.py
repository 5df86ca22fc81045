"""What a simulation shows: a table a month, VAT by country, what was done, and the auditor's verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_cli.auditing import audit_json
from scaicontrol_cli.output import Column, Json, amount_column, columns, print_json, print_line, print_note, print_rows

if TYPE_CHECKING:
    from pathlib import Path

    from scaicontrol_cli.simulation.report import SimulationReport

_COUNTS = ("customers", "live", "trials", "paying", "churned")
_MONTHS = (
    *columns("month"),
    *(Column(name, name, right=True) for name in _COUNTS),
    amount_column("MRR", "mrr_cents"),
    amount_column("churn", "churned_cents"),
    Column("documents", "documents", right=True),
    amount_column("net", "net_cents"),
    amount_column("VAT", "tax_cents"),
)
_AGES = {
    "not_due_cents": "not due",
    "days_1_30_cents": "1-30 days",
    "days_31_60_cents": "31-60 days",
    "days_61_90_cents": "61-90 days",
    "over_90_cents": "older",
    "credit_cents": "credit",
}
_AGEING = (*columns("month"), *(amount_column(heading, name) for name, heading in _AGES.items()))
_VAT = (*columns("month", "seller", "country"), amount_column("net", "net_cents"), amount_column("VAT", "tax_cents"))


def print_simulation(report: SimulationReport, folder: Path, *, as_json: bool) -> None:
    """Print it: for people as tables, for programs as one JSON object. Where it lies is said on stderr."""
    shown = report_json(report)
    if as_json:
        print_json(shown)
    else:
        _print_tables(shown)
    print_note(f"The database is in {folder}: SCAICONTROL_DATA_DIR={folder} scaicontrol serve")


def report_json(report: SimulationReport) -> Json:
    """Return it as JSON; amounts in minor units."""
    from scaicontrol_core.kernel.events import to_json

    shown: Json = to_json(report)
    for month in shown["months"]:
        own = {"month": month["month"], "currency": report.currency}
        month["currency"] = report.currency
        month["ageing"] |= own
        month["vat"] = [own | row for row in month["vat"]]
    return shown | {"audit": audit_json(report.audit)}


def _print_tables(shown: Json) -> None:
    print_rows(
        [month | month["recurring"] for month in shown["months"]],
        _MONTHS,
        title=f"{shown['name']}, seed {shown['seed']}",
    )
    print_line()
    print_rows([month["ageing"] for month in shown["months"]], _AGEING, title="Receivables past due")
    print_line()
    print_rows([row for month in shown["months"] for row in month["vat"]], _VAT, title="VAT by country")
    print_line()
    for title, counts in shown["counts"].items():
        for name, count in counts.items():
            print_line(f"{title}: {name.replace('_', ' ')}: {count}")
    print_line()
    audit = shown["audit"]
    checked = sum(rule["checked"] for rule in audit["rules"])
    verdict = "clean" if audit["clean"] else "CONTRADICTIONS"
    print_line(f"Audit: {verdict}; {len(audit['rules'])} rules, {checked} things held against them.")
    for rule in audit["rules"]:
        for finding in rule["findings"]:
            print_note(f"{rule['rule']}: {finding['resource_type']} {finding['resource_id']}: {finding['fault']}")

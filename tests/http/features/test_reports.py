"""Tax reports over HTTP: JSON, CSV for whoever prefers it, and nobody else's."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

REPORTS = ("/admin/reports/vat", "/admin/reports/oss", "/admin/reports/ec-sales-list")
CSV = {"Accept": "text/csv"}


async def test_the_vat_summary_adds_up_what_was_invoiced(boss: Any, world: Any) -> None:
    draft = await boss.post(f"/admin/invoices/{world.draft}/finalize")
    assert draft["issue_date"] == "2026-01-15"
    report = await boss.get("/admin/reports/vat", period="2026-01")
    (row,) = report["rows"]
    own = [await boss.get(f"/admin/invoices/{world.invoice}"), draft]
    assert (row["treatment"], row["country"], row["rate"], row["documents"]) == ("domestic", "NL", "21.00", 2)
    assert row["net_cents"] == sum(each["net_cents"] for each in own)
    assert row["tax_cents"] == sum(each["tax_cents"] for each in own)
    account = report["tie_out"]
    assert (account["documents"], account["ties"], account["left_out"]) == (2, True, [])
    assert report["header"]["seller_id"] == world.operator
    assert report["header"]["final"] is False


async def test_csv_comes_by_parameter_or_by_preference(boss: Any, world: Any) -> None:
    preferred = await boss.send("GET", "/admin/reports/vat", params={"period": "2026-Q1"}, headers=CSV)
    asked = await boss.send("GET", "/admin/reports/vat", params={"period": "2026-Q1", "format": "csv"})
    assert preferred.text == asked.text
    assert preferred.headers["content-type"] == "text/csv; charset=utf-8"
    assert preferred.headers["content-disposition"] == 'inline; filename="vat-2026-Q1.csv"'
    assert preferred.headers["vary"] == "Accept"
    heading, row = csv.reader(StringIO(preferred.text))
    report = await boss.get("/admin/reports/vat", period="2026-Q1")
    shown = dict(zip(heading, row, strict=True))
    assert (shown["row"], shown["period"], shown["currency"]) == ("supply", "2026-Q1", "EUR")
    assert round(float(shown["net"]) * 100) == report["rows"][0]["net_cents"]
    forced = await boss.send("GET", "/admin/reports/vat", params={"period": "2026-Q1", "format": "json"}, headers=CSV)
    assert forced.json() == report
    assert world.operator


async def test_a_quarter_without_consumers_abroad_is_a_nil_return(boss: Any, world: Any) -> None:
    made = await boss.get("/admin/reports/oss", period="2026-Q1")
    assert (made["return_period"], made["nil_return"], made["payable_cents"]) == ("Q1.2026", True, 0)
    assert [heap["reason"] for heap in made["tie_out"]["left_out"]] == ["domestic"]
    assert world.operator


async def test_a_reseller_reports_its_own_sales(boss: Any, reseller: Any, world: Any) -> None:
    own = await reseller.get("/admin/reports/ec-sales-list", period="2026-Q1")
    assert own["header"]["seller_id"] == world.reseller
    assert own == await boss.get("/admin/reports/ec-sales-list", period="2026-Q1", seller_id=world.reseller)
    for path in REPORTS:
        await reseller.refused(
            "GET", path, 404, "partner_not_found", params={"period": "2026-Q1", "seller_id": world.operator}
        )


@pytest.mark.parametrize("path", REPORTS)
async def test_what_is_asked_wrongly_is_named(boss: Any, acme: Any, anybody: Any, path: str) -> None:
    await boss.refused("GET", path, 422, "period_invalid", "/period", params={"period": "2026-13"})
    await boss.refused("GET", path, 422, "format_unknown", "/format", params={"period": "2026-Q1", "format": "pdf"})
    assert (await boss.send("GET", path)).status_code == 422
    assert (await acme.send("GET", path, params={"period": "2026-Q1"})).status_code == 403
    assert (await anybody.send("GET", path, params={"period": "2026-Q1"})).status_code == 401


async def test_recurring_revenue_is_told_by_month_plan_and_country(boss: Any, world: Any) -> None:
    report = await boss.get("/admin/reports/recurring-revenue", period="2026-01")
    assert (report["seller_id"], report["as_of"], report["final"]) == (world.operator, "2026-01-15", False)
    for month in report["months"]:
        moved = ("new", "expansion", "contraction", "churned", "reactivated")
        assert month["start_cents"] + sum(month[f"{name}_cents"] for name in moved) == month["end_cents"]
        assert sum(part["end_cents"] for part in month["by_plan"]) == month["end_cents"]
        assert sum(part["end_cents"] for part in month["by_country"]) == month["end_cents"]
    assert report["months"]
    written = await boss.send("GET", "/admin/reports/recurring-revenue", params={"period": "2026-01", "format": "csv"})
    rows = list(csv.DictReader(StringIO(written.text)))
    assert rows[0]["row"] == "month"
    assert round(float(rows[0]["end"]) * 100) == report["months"][0]["end_cents"]
    assert written.headers["content-disposition"] == 'inline; filename="recurring-revenue-2026-01.csv"'


async def test_a_resellers_recurring_revenue_is_its_own(boss: Any, reseller: Any, world: Any) -> None:
    own = await reseller.get("/admin/reports/recurring-revenue", period="2026-01")
    seen = await boss.get("/admin/reports/recurring-revenue", period="2026-01", partner_id=world.reseller)
    assert own["months"] == seen["months"]
    for name in ("seller_id", "partner_id"):
        params = {"period": "2026-01", name: world.operator}
        await reseller.refused("GET", "/admin/reports/recurring-revenue", 404, "partner_not_found", params=params)

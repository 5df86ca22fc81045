"""Tax reports and exchange rates at the command line: as a table, as JSON, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]
PUBLISHED = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
                 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <Cube><Cube time="{day}"><Cube currency="USD" rate="1.25"/><Cube currency="JPY" rate="162.5"/></Cube></Cube>
</gesmes:Envelope>
"""
TODAY = datetime.now(tz=UTC).date()
QUARTER = f"{TODAY.year}-Q{(TODAY.month + 2) // 3}"


@pytest.fixture
def rates(home: Path) -> Path:
    """Today's publication of the ECB."""
    path = home / "eurofxref-daily.xml"
    path.write_text(PUBLISHED.format(day=TODAY))
    return path


@pytest.fixture
def sold(world: World, rates: Path) -> World:
    """A domestic invoice in euro, one in dollars, and one to a consumer in Germany."""
    world("admin", "partners", "configure", "operator", "--set", "oss_registered=true")
    world("admin", "exchange-rates", "import", str(rates))
    for tenant, currency, line in (
        ("acme", "EUR", "1 x 10000"),
        ("acme", "USD", "1 x 5000"),
        ("jones", "EUR", "1 x 2000"),
    ):
        made = world(
            "admin", "invoices", "create", tenant, "--currency", currency, "--line", f"{line} Advice", "--json"
        )
        world("admin", "invoices", "finalize", made.json["id"], "--yes")
    return world


def test_rates_are_imported_once(world: World, rates: Path, rows: Rows) -> None:
    first = world("admin", "exchange-rates", "import", str(rates), "--json").json
    assert first == {"added": 2, "known": 0, "first_day": str(TODAY), "last_day": str(TODAY)}
    before = rows()
    assert "0 rates are new, 2 were known" in world("admin", "exchange-rates", "import", str(rates)).stderr
    assert rows() == before
    rates.write_text(rates.read_text().replace("1.25", "1.26"))
    assert "[exchange_rate_differs]" in world("admin", "exchange-rates", "import", str(rates), fails=1).complaint
    assert rows() == before
    (usd,) = world("admin", "exchange-rates", "list", "--currency", "usd", "--json").json["items"]
    assert usd == {"source": "ECB", "day": str(TODAY), "currency": "USD", "rate": "1.25"}
    assert "162.5" in world("admin", "exchange-rates", "list", "--on", str(TODAY)).stdout
    assert "[date_invalid]" in world("admin", "exchange-rates", "list", "--on", "today", fails=2).complaint


def test_a_file_that_is_none_of_the_ecbs_is_refused(world: World, home: Path) -> None:
    (home / "other.xml").write_text("<html/>")
    complaint = world("admin", "exchange-rates", "import", "other.xml", fails=2).complaint
    assert "[exchange_rates_unreadable]" in complaint


def test_the_vat_summary_is_shown_and_accounted_for(sold: World) -> None:
    shown = sold("admin", "reports", "vat", "--period", QUARTER)
    table = " ".join(shown.stdout.split())
    assert "domestic S NL 21.00 2 140.00 EUR 29.40 EUR" in table  # 100.00 EUR and 50.00 USD at 1.25
    assert "destination S DE 19.00 1 20.00 EUR 3.80 EUR" in table
    assert "Account of 3 documents" in table
    assert "Not final" in shown.stderr
    report = sold("admin", "reports", "vat", "--period", str(TODAY.year), "--json").json
    assert report["tie_out"]["ties"] is True
    assert report["header"]["period"] == str(TODAY.year)


def test_the_one_stop_shop_return_lists_states_and_balances(sold: World) -> None:
    shown = sold("admin", "reports", "oss", "--period", QUARTER)
    table = " ".join(shown.stdout.split())
    assert "DE standard 19.00 20.00 EUR 3.80 EUR" in table
    assert "Balances country balance DE 3.80 EUR" in table
    assert "to be paid: 3.80 EUR" in shown.stderr
    heading, supply, balance = csv.reader(
        StringIO(sold("admin", "reports", "oss", "--period", QUARTER, "--csv").stdout)
    )
    assert (heading[0], supply[0], supply[3], supply[6:8]) == ("row", "supply", "DE", ["20.00", "3.80"])
    assert (balance[0], balance[7]) == ("balance", "3.80")
    nil = sold("admin", "reports", "oss", "--period", "2020-Q1")
    assert "nil return" in nil.stderr
    assert "[period_invalid]" in sold("admin", "reports", "oss", "--period", "2026-01", fails=2).complaint


def test_the_sales_list_as_csv_is_a_heading_where_there_is_nothing(sold: World) -> None:
    listed = sold("admin", "reports", "ec-sales-list", "--period", QUARTER, "--csv").stdout
    assert listed.splitlines() == ["row,period,corrected_period,country,vat_number,currency,services"]
    report = sold("admin", "reports", "ec-sales-list", "--period", QUARTER, "--json").json
    assert {heap["reason"] for heap in report["tie_out"]["left_out"]} == {"destination", "domestic"}
    both = sold("admin", "reports", "ec-sales-list", "--period", QUARTER, "--csv", "--json", fails=2)
    assert "format_unknown" in both.stderr
    assert (
        "[partner_not_found]"
        in sold("admin", "reports", "vat", "--period", QUARTER, "--partner", "prt_nobody", fails=1).complaint
    )


@pytest.fixture
def subscribed(world: World) -> World:
    """A customer with a subscription that began today."""
    plans = [each["plan_key"] for each in world("admin", "plans", "list", "--json").json["items"]]
    world("admin", "subscriptions", "create", "acme", max(plans))
    return world


def test_recurring_revenue_and_churn_are_shown(subscribed: World) -> None:
    month = f"{TODAY:%Y-%m}"
    report = subscribed("admin", "reports", "mrr", "--period", month, "--json").json
    assert report["final"] is False
    shown = subscribed("admin", "reports", "mrr", "--period", month)
    assert "reactivated" in shown.stdout
    assert "By plan" in shown.stdout
    assert "Not final" in shown.stderr
    churn = subscribed("admin", "reports", "churn", "--period", month)
    assert "customers lost" in churn.stdout
    rows = list(csv.DictReader(StringIO(subscribed("admin", "reports", "mrr", "--period", month, "--csv").stdout)))
    assert {row["row"] for row in rows} <= {"month", "plan", "country"}
    assert "[period_invalid]" in subscribed("admin", "reports", "churn", "--period", "2099", fails=2).complaint
    assert subscribed("admin", "reports", "backfill", "--json").json == {"written": 0}

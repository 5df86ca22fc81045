"""The billing run and the jobs, by hand: once however often, and a failure of one is not everyone's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]


@pytest.fixture
def subscribed(world: World) -> World:
    """Both customers subscribed in January 2026."""
    world("admin", "subscriptions", "create", "acme", "keys.pro", "--start-date", "2026-01-31")
    world("admin", "subscriptions", "create", "jones", "mail.pro", "--start-date", "2026-01-15")
    return world


def test_a_dry_run_tells_and_writes_nothing(subscribed: World, rows: Rows) -> None:
    before = rows()
    report = subscribed("admin", "billing", "run", "--period", "2026-02", "--dry-run", "--json").json
    assert (report["status"], report["totals"]["invoices"]) == ("dry_run", 2)
    assert {preview["company_name"] for preview in report["previews"]} == {"Acme B.V.", "Petra Jones"}
    assert rows() == before
    shown = subscribed("admin", "billing", "run", "--period", "2026-02", "--dry-run")
    assert "Petra Jones" in shown.stdout
    assert "Nothing was written" in shown.stderr


def test_every_period_is_billed_once(subscribed: World) -> None:
    first = subscribed("admin", "billing", "run", "--period", "2026-02", "--json").json
    totals = first["totals"]
    assert (first["status"], totals["invoices"], totals["tenants"], totals["failures"]) == ("completed", 2, 2, [])
    assert {(group["country"], group["category"]) for group in totals["vat"]} == {("NL", "S")}
    again = subscribed("admin", "billing", "run", "--period", "2026-02", "--json").json["totals"]
    assert (again["invoices"], again["tenants"]) == (0, 0)
    march = subscribed("admin", "billing", "run", "--period", "2026-03").stdout
    assert march.splitlines()[1].split() == ["2", "2", "0", "2"]


def test_the_next_invoice_can_be_looked_at(subscribed: World, rows: Rows) -> None:
    before = rows()
    told = subscribed("admin", "billing", "upcoming", "jones", "--json").json
    (invoice,) = told["invoices"]
    assert [line["description"] for line in invoice["lines"]][:1] == ["Mail Pro"]
    assert invoice["gross_cents"] == invoice["net_cents"] + invoice["tax_cents"]
    shown = subscribed("admin", "billing", "upcoming", "jones")
    assert "Mail Pro" in shown.stdout
    assert told["bills_on"] in shown.stderr
    assert rows() == before
    assert "[tenant_not_found]" in subscribed("admin", "billing", "upcoming", "nobody", fails=1).complaint


def test_a_run_can_be_looked_up_later(subscribed: World) -> None:
    made = subscribed("admin", "billing", "run", "--period", "2026-02", "--json").json
    assert subscribed("admin", "billing", "show", made["id"], "--json").json == made
    shown = subscribed("admin", "billing", "show", made["id"]).stdout
    assert "2026-02" in shown
    assert "completed" in shown
    assert "21.00" in shown
    assert "[billing_run_not_found]" in subscribed("admin", "billing", "show", "run_nothing", fails=1).complaint
    assert "pages so far" in shown


def test_a_run_is_joined_by_its_name(subscribed: World) -> None:
    made = subscribed("admin", "billing", "run", "--period", "2026-02", "--json").json
    again = subscribed("admin", "billing", "run", "--period", "2026-02", "--join", made["id"], "--json").json
    assert again == made
    (worker,) = made["progress"]["workers"]
    assert (worker["failures"], worker["leased_until"]) == (0, None)
    wrong = subscribed("admin", "billing", "run", "--period", "2026-01", "--join", made["id"], fails=2)
    assert "[run_of_another_month]" in wrong.complaint
    unknown = subscribed("admin", "billing", "run", "--period", "2026-02", "--join", "run_nothing", fails=1)
    assert "[billing_run_not_found]" in unknown.complaint


def test_one_customer_alone_can_be_billed(subscribed: World) -> None:
    report = subscribed("admin", "billing", "run", "--period", "2026-01", "--tenant", "jones", "--json").json
    assert report["totals"]["invoices"] == 1
    assert subscribed("admin", "invoices", "list", "--tenant", "acme", "--json").json["total"] == 0


def test_before_anything_can_be_sold_there_is_no_run(scaicontrol: World) -> None:
    outcome = scaicontrol("admin", "billing", "run", "--period", "2026-01", fails=1)
    assert outcome.complaint


def test_pending_documents_are_rendered_by_the_job(subscribed: World, home: Path) -> None:
    subscribed("admin", "billing", "run", "--period", "2026-01")
    report = subscribed("admin", "jobs", "run", "render", "--json").json
    assert report == {"job": "render", "rendered": 2, "failed": 0, "left": 0}
    assert len([path for path in (home / "objects").rglob("*.pdf") if path.is_file()]) == 2
    assert subscribed("admin", "jobs", "run", "render", "--json").json["rendered"] == 0
    assert subscribed("admin", "jobs", "run", "render", "--failed", "--json").json["rendered"] == 0
    statuses = {item["pdf_status"] for item in subscribed("admin", "invoices", "list", "--json").json["items"]}
    assert statuses == {"ready"}


def test_ended_trials_are_moved_on_by_the_job(world: World) -> None:
    sold = world("admin", "subscriptions", "create", "acme", "keys.taste", "--start-date", "2026-01-05", "--json").json
    assert sold["status"] == "trialing"
    assert world("admin", "jobs", "run", "reap", "--json").json == {"job": "reap", "moved": 1}
    assert world("admin", "subscriptions", "show", sold["id"], "--json").json["status"] == "cancelled"
    assert world("admin", "jobs", "run", "reap").stdout.splitlines()[1].split() == ["reap", "0"]


def test_a_failed_customer_is_named_and_the_others_are_billed(subscribed: World, home: Path) -> None:
    # A plan in a currency the seller can't state VAT in: only its own customer fails.
    (home / "dollars.yaml").write_text(
        "services:\n- slug: extra\n  app_id: extra\n  name: Extra\n  plans:\n"
        "  - {slug: us, name: US, tier: pro, billing_period: monthly, base_price_cents: 100, currency: USD}\n"
    )
    subscribed("admin", "catalog", "import", "dollars.yaml")
    subscribed("admin", "subscriptions", "create", "jones", "extra.us", "--start-date", "2026-01-01")
    outcome = subscribed("admin", "billing", "run", "--period", "2026-01", "--json", fails=1)
    report = json.loads(outcome.stdout)["totals"]
    assert report["invoices"] == 1
    assert [failure["code"] for failure in report["failures"]] == ["exchange_rate_missing"]
    assert "[exchange_rate_missing]" in subscribed("admin", "billing", "run", "--period", "2026-01", fails=1).stderr

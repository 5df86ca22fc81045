"""Commissions at the command line: as a table, as JSON, as CSV, as a PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
MONTH = f"{datetime.now(tz=UTC):%Y-%m}"


@pytest.fixture
def partner(world: World) -> str:
    """The id of a partner that earns 12.5 %."""
    settings = ("commission_rate=1250", "legal_name=Through B.V.", "seller_vat_number=NL972837929B01")
    chosen = [word for each in (*settings, "seller_country_code=NL") for word in ("--set", each)]
    return world("admin", "partners", "create", "Through", *chosen, "--json").json["id"]  # type: ignore[no-any-return]


@pytest.fixture
def sold(world: World, partner: str) -> World:
    """A sale of EUR 100.00 to the partner's customer."""
    tenant = world("admin", "tenants", "create", "Kunde", "--partner", partner, "--json").json["id"]
    details = ("company_name=Kunde B.V.", "country_code=NL")
    world("admin", "tenants", "billing-profile", tenant, *(word for each in details for word in ("--set", each)))
    made = world("admin", "invoices", "create", tenant, "--line", "1 x 10000 Advice", "--json")
    world("admin", "invoices", "finalize", made.json["id"], "--yes")
    return world


def test_a_month_is_shown_in_every_form(sold: World, partner: str, home: Path) -> None:
    shown = sold("admin", "partners", "commission-statement", partner, "--month", MONTH)
    assert "Kunde 100.00 EUR 12.50 % 12.50 EUR" in " ".join(shown.stdout.split())
    assert "is not closed" in shown.stderr
    stated = sold("admin", "partners", "commission-statement", partner, "--json").json
    assert (stated["month"], stated["statements"][0]["commission_cents"]) == (MONTH, 1250)
    table = sold("admin", "partners", "commission-statement", partner, "--csv").stdout
    assert table.startswith("month,day,kind,number")
    assert ",Kunde,EUR,100.00,12.50,12.50" in table
    sold("admin", "partners", "commission-statement", partner, "-o", "statement.pdf")
    assert (home / "statement.pdf").read_bytes().startswith(b"%PDF")
    assert sold("admin", "partners", "commissions", partner, "--json").json["items"] == []


def test_what_makes_no_sense_is_refused(sold: World, partner: str) -> None:
    twice = sold("admin", "partners", "commission-statement", partner, "--csv", "--json", fails=2)
    assert "format_unknown" in twice.complaint
    wrong = sold("admin", "partners", "commission-statement", partner, "--month", "soon", fails=2)
    assert "[period_invalid]" in wrong.complaint
    none = sold("admin", "partners", "commissions", "operator", fails=2)
    assert "[operator_earns_no_commission]" in none.complaint


def test_a_partners_vat_number_is_vouched_for(world: World, partner: str) -> None:
    made = world("admin", "partners", "attest-vat", partner, "--reason", "Seen on their letter", "--json").json
    assert made["vat_evidence"]["state"] == "valid"
    assert "[register_off]" in world("admin", "partners", "check-vat", partner, fails=1).complaint

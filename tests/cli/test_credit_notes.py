"""Credit notes at the command line: shown, asked for, issued; and invoices written anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

World = Callable[..., Any]


@pytest.fixture
def number(world: World) -> str:
    """An invoice for acme of 250.00 net."""
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    made: str = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    return made


def credit(world: World, number: str, *options: str, **kwargs: Any) -> Any:
    return world("admin", "invoices", "credit-note", number, "--reason", "Agreed", *options, **kwargs)


def test_an_invoice_is_credited_by_amount_by_quantity_and_in_full(world: World, number: str) -> None:
    first = credit(world, number, "--line", "1=5000", "--yes", "--json").json
    assert first["net_cents"] == -5000
    assert world("admin", "invoices", "show", number, "--json").json["open_cents"] == 24200
    assert first["number"] == number.replace("-2026-", "-CN-2026-")
    second = credit(world, number, "--line", "1 x 1", "--yes", "--json").json
    assert second["net_cents"] == -12500
    printed = credit(world, number, "--yes")
    assert "-75.00" in printed.stdout
    listed = world("admin", "invoices", "list", "--of-invoice", number, "--json").json["items"]
    assert sum(each["net_cents"] for each in listed) == -25000
    assert {each["reason"] for each in listed} == {"Agreed"}
    only = world("admin", "invoices", "list", "--document-type", "invoice", "--json").json["items"]
    assert [each["number"] for each in only] == [number]
    assert world("admin", "invoices", "verify", "--json").json["total"] == 2
    world("admin", "invoices", "verify", first["number"])


def test_a_dry_run_shows_lines_and_totals_and_spends_no_number(world: World, number: str) -> None:
    shown = credit(world, number, "--dry-run")
    assert "-250.00" in shown.stdout
    assert "-302.50" in shown.stdout
    assert credit(world, number, "--dry-run", "--json").json["document"]["number"] == ""
    assert world("admin", "invoices", "show", number, "--json").json["credit_note_ids"] == []


def test_it_asks_first(world: World, number: str) -> None:
    credit(world, number, fails=2)
    assert world("admin", "invoices", "show", number, "--json").json["credit_note_ids"] == []


def test_what_it_does_not_understand_or_can_not_credit(world: World, number: str) -> None:
    for line, code, exit_code in (
        ("all", "line_invalid", 2),
        ("1=25001", "credit_exceeds_invoice", 1),
        ("7", "credit_line_unknown", 2),
    ):
        refused = credit(world, number, "--line", line, "--yes", fails=exit_code)
        assert code in refused.stderr


def test_an_invoice_is_written_anew(world: World, number: str) -> None:
    options = ("--reason", "Wrong address", "--yes")
    drafted = world("admin", "invoices", "reissue", number, *options, "--json").json
    assert (drafted["invoice"]["status"], drafted["original"]["open_cents"]) == ("draft", 0)
    final = world("admin", "invoices", "finalize", drafted["invoice"]["id"], "--yes", "--json").json
    printed = world("admin", "invoices", "reissue", final["number"], *options, "--finalize")
    assert "stands in its place" in printed.stderr + printed.stdout

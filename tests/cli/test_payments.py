"""Payments at the command line: recorded, given back, listed; what is open, by customer and by age."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

World = Callable[..., Any]


@pytest.fixture
def number(world: World) -> str:
    """An invoice for acme of 250.00 net, 302.50 with VAT."""
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    made: str = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    return made


def test_it_is_paid_in_parts_and_given_back_with_its_credit_note(world: World, number: str) -> None:
    first = world("admin", "payments", "record", number, "10000", "--reference", "N-1", "--json").json
    assert (first["payment"]["amount_cents"], first["invoice"]["open_cents"]) == (10_000, 20_250)
    printed = world("admin", "invoices", "mark-paid", number, "--method", "card").stdout
    assert "0.00 EUR open" in printed
    refund = ("admin", "payments", "refund", number, "--credit-note", "--line", "1 x 1", "--reason", "Half")
    world(*refund, fails=2)  # it asks first
    back = world(*refund, "--yes", "--json").json
    assert (back["refund"]["amount_cents"], back["credit_note"]["gross_cents"]) == (15_125, -15_125)
    listed = world("admin", "payments", "list", "--invoice", number, "--json").json
    assert sorted(each["kind"] for each in listed["items"]) == ["payment", "payment", "refund"]
    only = world("admin", "payments", "list", "--reference", "N-1", "--status", "succeeded", "--json").json
    assert only["total"] == 1
    shown = world("admin", "invoices", "show", number, "--json").json
    assert (shown["paid_cents"], shown["refunded_cents"], shown["balance_cents"]) == (30_250, 15_125, 0)


def test_what_failed_and_what_is_open(world: World, number: str) -> None:
    failed = world("admin", "payments", "fail", number, "--code", "card_expired", "--json").json
    assert failed["payment"]["failure_code"] == "card_expired"
    (balance,) = world("admin", "payments", "balances", "acme", "--json").json["items"]
    assert (balance["open_cents"], balance["credit_cents"]) == (30_250, 0)
    report = world("admin", "reports", "ageing", "--json").json
    assert (report["totals"][0]["not_due_cents"], report["ties"]) == (30_250, True)
    assert world("admin", "reports", "ageing", "--csv").stdout.startswith("as_of,buyer_id")
    assert "302.50" in world("admin", "reports", "ageing").stdout
    assert world("admin", "jobs", "run", "overdue", "--json").json == {"job": "overdue", "marked": 0}


def test_what_it_refuses(world: World, number: str) -> None:
    world("admin", "payments", "record", number, "0", fails=2)
    world("admin", "payments", "record", number, "100", "--on", "tomorrow", fails=2)
    world("admin", "payments", "refund", number, "--yes", fails=1)
    world("admin", "reports", "ageing", "--csv", "--json", fails=2)

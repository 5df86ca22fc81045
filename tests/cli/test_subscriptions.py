"""Subscriptions at the command line: sold, ended, stopped, taken up again, set right by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]


@pytest.fixture
def sold(world: World) -> str:
    """A running subscription of acme."""
    subscription: str = world("admin", "subscriptions", "create", "acme", "keys.pro", "--json").json["id"]
    return subscription


def test_a_sale_is_listed_shown_and_in_the_history(world: World, sold: str) -> None:
    listed = world("admin", "subscriptions", "list", "--tenant", "acme", "--status", "active", "--json").json
    assert [item["id"] for item in listed["items"]] == [sold]
    shown = world("admin", "subscriptions", "show", sold, "--json").json
    assert shown == listed["items"][0]
    assert (shown["plan_key"], shown["quantity"]) == ("keys.pro", 1)
    assert "cancelling" in shown["allowed_moves"]
    history = world("admin", "subscriptions", "history", sold, "--json").json
    assert {entry["action"] for entry in history["items"]} >= {"subscription.created", "subscription.activated"}
    assert all(entry["user_id"].startswith("cli:") for entry in history["items"])
    assert "subscription.activated" in world("admin", "subscriptions", "history", sold).stdout


def test_a_start_in_the_past_is_the_anchor(world: World) -> None:
    created = world(
        "admin",
        "subscriptions",
        "create",
        "jones",
        "mail.pro",
        "--start-date",
        "2026-01-31",
        "--quantity",
        "3",
        "--json",
    ).json
    assert (created["starts_on"], created["quantity"]) == ("2026-01-31", 3)
    assert created["current_period_start"] == "2026-01-31"


@pytest.mark.parametrize(
    ("words", "fails", "says"),
    [
        (["acme", "keys.platinum"], 1, "[plan_not_found]"),
        (["acme", "keys.pro", "--start-date", "tomorrow"], 2, "[date_invalid] At /start_date"),
        (["acme", "keys.pro", "--start-date", "2999-01-01"], 2, "[start_date_invalid]"),
        (["acme", "keys.pro", "--quantity", "0"], 2, "/quantity"),
        (["acme", "keys.pro", "--partner", "prt_nobody"], 1, "not_found]"),
    ],
)
def test_what_cannot_be_sold_writes_nothing(world: World, rows: Rows, words: list[str], fails: int, says: str) -> None:
    before = rows()
    assert says in world("admin", "subscriptions", "create", *words, fails=fails).complaint
    assert rows() == before


def test_the_same_service_is_not_sold_twice(world: World, sold: str, rows: Rows) -> None:
    before = rows()
    assert "[subscription_exists]" in world("admin", "subscriptions", "create", "acme", "keys.basic", fails=1).complaint
    assert rows() == before


def test_nobody_buys_without_a_billing_profile(world: World, rows: Rows) -> None:
    world("admin", "tenants", "create", "New", "--reference", "new")
    before = rows()
    complaint = world("admin", "subscriptions", "create", "new", "keys.pro", fails=1).complaint
    assert "[billing_profile_required]" in complaint
    assert rows() == before


def test_it_ends_with_its_period_and_that_can_be_taken_back(world: World, sold: str) -> None:
    ending = world("admin", "subscriptions", "cancel", sold, "--reason", "Moves away.", "--yes", "--json").json
    assert (ending["status"], ending["cancellation_reason"]) == ("cancelling", "Moves away.")
    assert ending["pending_cancellation_at"] is not None
    assert world("admin", "subscriptions", "resume", sold, "--json").json["status"] == "active"
    over = world("admin", "subscriptions", "cancel", sold, "--immediate", "--yes", "--json").json
    assert over["status"] == "cancelled"
    assert "[invalid_transition]" in world("admin", "subscriptions", "resume", sold, fails=1).complaint


def test_it_is_suspended_and_resumed(world: World, sold: str) -> None:
    stopped = world("admin", "subscriptions", "suspend", sold, "--reason", "Abuse.", "--yes", "--json").json
    assert (stopped["status"], stopped["suspension_reason"]) == ("suspended", "Abuse.")
    assert world("admin", "subscriptions", "resume", sold, "--json").json["status"] == "active"


def test_plan_and_status_can_be_set_by_hand(world: World, sold: str) -> None:
    assert (
        world("admin", "subscriptions", "override", sold, "--plan", "keys.basic", "--yes", "--json").json["plan_key"]
        == "keys.basic"
    )
    assert (
        world("admin", "subscriptions", "override", sold, "--status", "past_due", "--yes", "--json").json["status"]
        == "past_due"
    )
    wrong = world("admin", "subscriptions", "override", sold, "--plan", "mail.pro", "--yes", fails=2)
    assert "[plan_of_other_service]" in wrong.complaint
    assert "[nothing_to_override]" in world("admin", "subscriptions", "override", sold, "--yes", fails=2).complaint
    assert (
        "[invalid_transition]"
        in world("admin", "subscriptions", "override", sold, "--status", "trialing", "--yes", fails=1).complaint
    )


def test_what_hurts_is_confirmed_first(world: World, sold: str) -> None:
    for words in (["cancel", sold], ["suspend", sold], ["override", sold, "--plan", "keys.basic"]):
        complaint = world("admin", "subscriptions", *words, fails=2).complaint
        assert "Confirm with --yes. [confirmation_required]" in complaint
    assert world("admin", "subscriptions", "show", sold, "--json").json["status"] == "active"


def test_a_change_is_looked_at_planned_withdrawn_and_made(world: World, sold: str) -> None:
    change = ("admin", "subscriptions", "change", sold)
    seen = world(*change, "--quantity", "3", "--proration", "immediate", "--dry-run", "--json").json
    assert (seen["dry_run"], seen["invoice_number"]) == (True, None)
    assert [each["net_cents"] < 0 for each in seen["adjustments"]] == [True, False]
    planned = world(*change, "--plan", "keys.basic", "--effective", "period_end", "--json").json
    assert planned["subscription"]["pending_change"]["plan_key"] == "keys.basic"
    withdrawn = world("admin", "subscriptions", "withdraw-change", sold, "--json").json
    assert withdrawn["pending_change"] is None
    assert "Invoice" in world(*change, "--quantity", "3", "--proration", "immediate").stderr
    assert "nothing_to_change" in world(*change, fails=2).complaint


def test_dates_are_moved(world: World, sold: str) -> None:
    def moved(*words: str) -> Any:
        return world("admin", "subscriptions", *words, "--json").json

    assert moved("set-anchor", sold, "2026-01-01")["billing_anchor"] == "2026-01-01"
    assert moved("set-term", sold, "--ends-on", "2099-01-01")["term_ends_at"] is not None
    assert moved("set-term", sold)["term_ends_at"] is None
    assert moved("pause", sold, "--until", "2099-01-01", "--yes")["status"] == "suspended"
    assert "[not_in_trial]" in world("admin", "subscriptions", "extend-trial", sold, "2099-01-01", fails=1).complaint


def test_many_at_once(world: World, sold: str) -> None:
    done = world("admin", "subscriptions", "bulk", "suspend", sold, "sub_nobody", "--yes", "--json", fails=1).json
    assert (done["succeeded"], done["failed"][0]["code"]) == ([sold], "subscription_not_found")
    assert "1 changed" in world("admin", "subscriptions", "bulk", "resume", sold, "--yes").complaint


def test_live_subscriptions_are_taken_over_from_a_file(world: World, home: Any, rows: Rows) -> None:
    file = home / "live.csv"
    file.write_text(
        "tenant,plan,quantity,billed_until,reference\n"
        "acme,keys.pro,2,2026-02-01,old-1\n"
        "acme,keys.gold,1,2026-02-01,old-2\n"
    )
    before = rows()
    dry = world("admin", "subscriptions", "import", str(file), "--dry-run", "--json", fails=1).json
    assert (dry["created"], dry["mrr"], dry["failed"][0]["code"]) == (1, {"EUR": 10000}, "plan_not_found")
    assert rows() == before
    said = world("admin", "subscriptions", "import", str(file), fails=1).stderr
    assert "1 new, 0 known, 1 failed" in said
    again = world("admin", "subscriptions", "import", str(file), "--json", fails=1).json
    assert (again["created"], again["taken"][0]["known"]) == (0, True)

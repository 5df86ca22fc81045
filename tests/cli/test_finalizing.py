"""Many drafts get their numbers at once: in order, without gaps, and one that is refused stops no other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]


@pytest.fixture
def drafts(world: World) -> list[str]:
    """Three drafts: two that can have a number, and between them one without a line."""
    lines: tuple[list[str], ...] = (["--line", "1 x 100 First"], [], ["--line", "1 x 100 Third"])
    return [world("admin", "invoices", "create", "acme", *words, "--json").json["id"] for words in lines]


@pytest.fixture
def looked_at_first(world: World) -> World:
    """A seller who wants to see drafts before they are numbered, and two customers to bill."""
    world("admin", "partners", "configure", "operator", "--set", "auto_finalize=no")
    world("admin", "subscriptions", "create", "acme", "keys.pro", "--start-date", "2026-01-31")
    world("admin", "subscriptions", "create", "jones", "mail.pro", "--start-date", "2026-01-15")
    return world


@contextmanager
def breaking(home: Path, invoice_id: str) -> Iterator[None]:
    """Let the database refuse to write one of the invoices, as a full disk would."""
    with closing(sqlite3.connect(home / "scaicontrol.db")) as database:
        database.execute(
            f"CREATE TRIGGER broken BEFORE UPDATE ON invoices WHEN NEW.id = '{invoice_id}' "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        database.commit()
        yield
        database.execute("DROP TRIGGER broken")
        database.commit()


def test_one_that_is_refused_stops_no_other(world: World, drafts: list[str]) -> None:
    outcome = world("admin", "invoices", "finalize", *drafts, "--yes", fails=1)
    _heading, first, empty, third = (line.split() for line in outcome.stdout.splitlines())
    assert (first[0], first[2], third[0], third[2]) == (drafts[0], "finalized", drafts[2], "finalized")
    assert first[1].endswith("-000001")
    assert third[1].endswith("-000002")
    assert (empty[0], empty[-1]) == (drafts[1], "[invoice_without_lines]")
    assert "2 of 3 have their number; 1 refused" in outcome.complaint
    assert world("admin", "invoices", "show", drafts[1], "--json").json["status"] == "draft"


def test_in_json_each_has_its_number_or_its_error(world: World, drafts: list[str]) -> None:
    words = ["admin", "invoices", "finalize", *drafts, "inv_nobody", "--yes", "--json"]
    answer = json.loads(world(*words, fails=1).stdout)
    assert set(answer) == {"items", "total", "next_cursor"}
    assert [item["id"] for item in answer["items"]] == [*drafts, "inv_nobody"]
    assert [item["error"] and item["error"]["code"] for item in answer["items"]] == [
        None,
        "invoice_without_lines",
        None,
        "invoice_not_found",
    ]
    assert set(answer["items"][1]["error"]) == {"code", "detail", "errors", "hint"}
    assert json.loads(world(*words, fails=1).stdout) == answer


def test_who_has_a_number_keeps_it_and_may_be_named_by_it(world: World, drafts: list[str], rows: Rows) -> None:
    number = world("admin", "invoices", "finalize", drafts[0], drafts[0], "--yes", "--json").json["number"]
    answer = world("admin", "invoices", "finalize", number, drafts[2], drafts[0], "--yes", "--json").json
    assert [(item["id"], item["status"]) for item in answer["items"]] == [
        (drafts[0], "finalized"),
        (drafts[2], "finalized"),
    ]
    assert answer["items"][0]["number"] == number
    before = rows()
    assert world("admin", "invoices", "finalize", number, drafts[2], "--yes", "--json").json == answer
    assert rows() == before


def test_a_wrong_number_is_noticed_before_anything_is_frozen(world: World, drafts: list[str], rows: Rows) -> None:
    before = rows()
    words = ["admin", "invoices", "finalize", drafts[0], "HSE-2026-999999", "--yes"]
    assert "[invoice_not_found]" in world(*words, fails=1).complaint
    assert rows() == before
    assert world("admin", "invoices", "list", "--drafts", "--json").json["total"] == 3


def test_all_drafts_of_a_run_get_their_numbers(looked_at_first: World, rows: Rows) -> None:
    run = looked_at_first("admin", "billing", "run", "--period", "2026-01", "--json").json
    assert (run["totals"]["drafts"], run["totals"]["invoices"]) == (2, 0)
    own = looked_at_first("admin", "invoices", "create", "acme", "--line", "1 x 100 Mine", "--json").json["id"]
    words = ["admin", "invoices", "finalize", "--drafts-of-run", run["id"]]
    assert "Number 2 drafts" in looked_at_first(*words, fails=2).complaint
    assert rows()["number_series"] == 0
    answer = looked_at_first(*words, "--yes", "--json").json
    assert [item["number"][-6:] for item in answer["items"]] == ["000001", "000002"]
    assert looked_at_first("admin", "invoices", "show", own, "--json").json["status"] == "draft"
    before = rows()
    assert looked_at_first(*words, "--json").json == {"items": [], "total": 0, "next_cursor": None}
    assert "left no drafts" in looked_at_first(*words).stderr
    assert rows() == before


def test_a_run_that_leaves_drafts_says_what_comes_next(looked_at_first: World) -> None:
    notes = looked_at_first("admin", "billing", "run", "--period", "2026-01").stderr
    words = notes.strip().rpartition("scaicontrol ")[2].split()
    assert "2 of 2 have their number" in looked_at_first(*words, "--yes").stderr


def test_a_customer_who_cannot_be_invoiced_yet_is_done_next_time(looked_at_first: World) -> None:
    run = looked_at_first("admin", "billing", "run", "--period", "2026-01", "--json").json["id"]
    mine, _theirs = looked_at_first("admin", "invoices", "list", "--drafts", "--json").json["items"]
    looked_at_first("admin", "invoices", "edit", mine["id"], "--invoice-date", "2099-01-01", "--due-date", "2099-02-01")
    words = ["admin", "invoices", "finalize", "--drafts-of-run", run, "--yes", "--json"]
    items = json.loads(looked_at_first(*words, fails=1).stdout)["items"]
    assert [(item["id"], item["error"]["code"]) for item in items if item["error"]] == [
        (mine["id"], "issue_date_invalid")
    ]
    today = looked_at_first("admin", "invoices", "list", "--issued", "--json").json["items"][0]["issue_date"]
    looked_at_first("admin", "invoices", "edit", mine["id"], "--invoice-date", today)
    assert [item["id"] for item in looked_at_first(*words).json["items"]] == [mine["id"]]


def test_what_a_broken_batch_left_is_told_and_done_by_the_next(
    looked_at_first: World, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaicontrol_cli.finalizing.BATCH", 1)
    run = looked_at_first("admin", "billing", "run", "--period", "2026-01", "--json").json["id"]
    later, first = (item["id"] for item in looked_at_first("admin", "invoices", "list", "--json").json["items"])
    words = ["admin", "invoices", "finalize", "--drafts-of-run", run, "--yes", "--json"]
    with breaking(home, later):
        outcome = looked_at_first(*words, fails=1)
    assert [item["id"] for item in json.loads(outcome.stdout)["items"]] == [first]
    assert outcome.complaint
    assert [item["id"] for item in looked_at_first(*words).json["items"]] == [later]
    assert looked_at_first("admin", "invoices", "verify", "--json").json["items"][0]["documents"] == 2


@pytest.mark.parametrize("words", [[], ["inv_x", "--drafts-of-run", "run_x"]])
def test_either_invoices_or_a_run_are_named(world: World, words: list[str]) -> None:
    assert "[invoices_not_named]" in world("admin", "invoices", "finalize", *words, "--yes", fails=2).complaint


def test_what_is_final_is_confirmed_first(world: World, drafts: list[str], rows: Rows) -> None:
    before = rows()
    assert "[confirmation_required]" in world("admin", "invoices", "finalize", *drafts, fails=2).complaint
    assert rows() == before


def test_drafts_of_an_unknown_run_are_not_found(world: World) -> None:
    words = ["admin", "invoices", "finalize", "--drafts-of-run", "run_nothing", "--yes"]
    assert "[billing_run_not_found]" in world(*words, fails=1).complaint

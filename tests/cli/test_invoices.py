"""Invoices at the command line: written, numbered, rendered, checked; refused where the law says so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]


@pytest.fixture
def draft(world: World) -> str:
    """A draft for acme of 250.00 net."""
    made: str = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    return made


@pytest.fixture
def numbered(world: World, draft: str) -> str:
    """The same, finalized: its number."""
    number: str = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    return number


def test_a_draft_becomes_an_invoice_with_a_number(world: World, draft: str) -> None:
    shown = world("admin", "invoices", "show", draft, "--json").json
    assert (shown["status"], shown["number"], shown["net_cents"], shown["document"]) == ("draft", None, 25000, None)
    final = world("admin", "invoices", "finalize", draft, "--yes", "--json").json
    assert final["number"].startswith("HSE-")
    assert (final["net_cents"], final["tax_cents"], final["gross_cents"]) == (25000, 5250, 30250)
    assert final["document"]["buyer"]["company_name"] == "Acme B.V."
    assert final["pdf_status"] == "pending"
    again = world("admin", "invoices", "finalize", draft, "--yes", "--json").json
    assert again == final
    by_number = world("admin", "invoices", "show", final["number"], "--json").json
    assert by_number == final | {"sends": []}


def test_people_see_lines_and_vat(world: World, numbered: str) -> None:
    shown = world("admin", "invoices", "show", numbered).stdout
    assert "Consulting" in shown
    assert "52.50 EUR" in shown
    listed = world("admin", "invoices", "list", "--issued").stdout
    assert "302.50 EUR" in listed


def test_a_draft_can_come_from_a_file_with_options_on_top(world: World, home: Path) -> None:
    (home / "draft.yaml").write_text(
        "notes: From the file.\nperiod_start: 2026-01-01\nperiod_end: 2026-02-01\nlines:\n"
        "- {description: Licence, quantity: '1.5', unit_price_cents: 1000, unit_code: MON, price_divisor: 1}\n"
    )
    made = world("admin", "invoices", "create", "acme", "--file", "draft.yaml", "--notes", "Typed.", "--json").json
    assert (made["notes"], made["period_start"], made["period_end"]) == ("Typed.", "2026-01-01", "2026-02-01")
    assert made["lines"][0]["net_cents"] == 1500
    assert made["lines"][0]["unit_code"] == "MON"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--line", "Consulting"], "[line_invalid] At /lines/0"),
        (["--line", "1 x 100 Fine", "--line", "1.2.3 x 100 Not"], "/lines/1/quantity"),
        (["--currency", "XXX"], "/currency"),
        (["--invoice-date", "soon"], "/invoice_date"),
        (["--invoice-date", "2026-02-01", "--due-date", "2026-01-01"], "[due_date_invalid]"),
        (["--file", "nowhere.yaml"], "[file_unreadable]"),
        (["--file", "odd.yaml"], "/shoe_size"),
        (["--file", "oddline.yaml"], "/lines/0/colour"),
        (["--file", "fraction.yaml"], "/lines/0/quantity"),
        (["--file", "halfperiod.yaml"], "[period_invalid]"),
        (["--file", "nolist.yaml"], "/lines"),
    ],
)
def test_a_wrong_draft_names_the_field_and_writes_nothing(
    world: World, home: Path, rows: Rows, words: list[str], says: str
) -> None:
    (home / "odd.yaml").write_text("shoe_size: 42\n")
    (home / "oddline.yaml").write_text("lines: [{description: x, unit_price_cents: 1, colour: red}]\n")
    (home / "fraction.yaml").write_text("lines: [{description: x, unit_price_cents: 1, quantity: 0.5}]\n")
    (home / "halfperiod.yaml").write_text("period_start: 2026-01-01\n")
    (home / "nolist.yaml").write_text("lines: three\n")
    before = rows()
    assert says in world("admin", "invoices", "create", "acme", *words, fails=2).complaint
    assert rows() == before


def test_a_draft_is_edited_until_it_has_its_number(world: World, draft: str) -> None:
    edited = world("admin", "invoices", "edit", draft, "--notes", "Thanks.", "--line", "1 x 999 Other", "--json").json
    assert (edited["notes"], edited["net_cents"], edited["version"]) == ("Thanks.", 999, 2)
    stale = world("admin", "invoices", "edit", draft, "--notes", "x", "--expected-version", "1", fails=1)
    assert "[stale_version]" in stale.complaint
    assert "[nothing_to_change]" in world("admin", "invoices", "edit", draft, fails=2).complaint
    world("admin", "invoices", "finalize", draft, "--yes")
    late = world("admin", "invoices", "edit", draft, "--notes", "Too late.", fails=1)
    assert "[invoice_immutable]" in late.complaint
    assert "credit note" in late.complaint


def test_lines_are_ordered_by_hand_or_by_date(world: World) -> None:
    lines = ["--line", "1 x 100 03-02-2026 Second", "--line", "1 x 100 01-02-2026 First"]
    made = world("admin", "invoices", "create", "acme", *lines, "--json").json
    ids = [line["id"] for line in made["lines"]]
    by_date = world("admin", "invoices", "order", made["id"], "--by-date", "--json").json
    assert [line["id"] for line in by_date["lines"]] == ids[::-1]
    by_hand = world("admin", "invoices", "order", made["id"], *ids, "--json").json
    assert [line["id"] for line in by_hand["lines"]] == ids
    for wrong in ([], [ids[0]], [*ids, "--by-date"], [ids[0], ids[0]]):
        assert "[line_order_invalid]" in world("admin", "invoices", "order", made["id"], *wrong, fails=2).complaint


def test_without_lines_or_profile_no_number_is_spent(world: World, rows: Rows) -> None:
    empty = world("admin", "invoices", "create", "acme", "--json").json["id"]
    before = rows()
    assert "[invoice_without_lines]" in world("admin", "invoices", "finalize", empty, "--yes", fails=2).complaint
    world("admin", "tenants", "create", "New", "--reference", "new")
    homeless = world("admin", "invoices", "create", "new", "--line", "1 x 1 x", "--json").json["id"]
    assert "[billing_profile_required]" in world("admin", "invoices", "finalize", homeless, "--yes", fails=1).complaint
    assert rows()["number_series"] == before["number_series"] == 0
    made = world("admin", "invoices", "create", "acme", "--line", "1 x 100 First", "--json").json["id"]
    assert world("admin", "invoices", "finalize", made, "--yes", "--json").json["number"].endswith("-000001")


def test_voiding_keeps_number_and_record_and_wants_a_reason(world: World, numbered: str) -> None:
    assert "/reason" in world("admin", "invoices", "void", numbered, "--reason", " ", "--yes", fails=2).complaint
    voided = world("admin", "invoices", "void", numbered, "--reason", "Sent twice.", "--yes", "--json").json
    assert "credit note" in voided["warning"]
    shown = voided["invoice"]
    assert (shown["status"], shown["number"], shown["void_reason"]) == ("void", numbered, "Sent twice.")
    actions = [entry["action"] for entry in world("admin", "invoices", "history", numbered, "--json").json["items"]]
    assert actions[0] == "invoice.voided"


def test_what_is_final_is_confirmed_first(world: World, draft: str) -> None:
    for words in (["finalize", draft], ["void", draft, "--reason", "x"]):
        assert "[confirmation_required]" in world("admin", "invoices", *words, fails=2).complaint


def test_strangers_and_unknown_numbers_are_not_found(world: World) -> None:
    for words in (
        ["show", "HSE-2026-999999"],
        ["show", "inv_nobody"],
        ["edit", "inv_nobody", "--notes", "x"],
        ["order", "inv_nobody", "--by-date"],
        ["finalize", "inv_nobody", "--yes"],
        ["void", "inv_nobody", "--reason", "x", "--yes"],
        ["pdf", "inv_nobody"],
        ["verify", "inv_nobody"],
        ["history", "inv_nobody"],
    ):
        assert "[invoice_not_found]" in world("admin", "invoices", *words, fails=1).complaint


def test_the_list_is_filtered(world: World, numbered: str, draft: str) -> None:
    world("admin", "invoices", "create", "jones", "--line", "1 x 100 Thing")
    drafts = world("admin", "invoices", "list", "--drafts", "--json").json
    assert (drafts["total"], drafts["items"][0]["number"]) == (1, None)
    assert "lines" not in drafts["items"][0]
    assert world("admin", "invoices", "list", "--tenant", "acme", "--json").json["items"][0]["number"] == numbered
    assert world("admin", "invoices", "list", "--number", numbered, "--json").json["total"] == 1
    assert world("admin", "invoices", "list", "--status", "void", "--json").json["total"] == 0


def test_the_pdf_is_written_and_is_the_same_again(world: World, numbered: str, home: Path) -> None:
    made = world("admin", "invoices", "pdf", numbered, "--json").json
    first = (home / f"{numbered}.pdf").read_bytes()
    assert first.startswith(b"%PDF-")
    assert (made["path"], made["size"], made["revision"]) == (f"{numbered}.pdf", len(first), 1)
    again = world("admin", "invoices", "pdf", numbered, "--output", "again.pdf", "--json").json
    assert again["sha256"] == made["sha256"]
    assert (home / "again.pdf").read_bytes() == first
    assert "[file_unwritable]" in world("admin", "invoices", "pdf", numbered, "-o", "no/such/x.pdf", fails=2).complaint


def test_a_pdf_is_made_again_and_the_first_one_stays(world: World, numbered: str, home: Path) -> None:
    world("admin", "invoices", "pdf", numbered, "-o", "first.pdf")
    made = world("admin", "invoices", "pdf", numbered, "--regenerate", "--json").json
    assert made["revision"] == 2
    world("admin", "invoices", "pdf", numbered, "--revision", "1", "-o", "again.pdf")
    assert (home / "again.pdf").read_bytes() == (home / "first.pdf").read_bytes()
    listed = world("admin", "invoices", "revisions", numbered, "--json").json["items"]
    assert [(each["revision"], each["reason"]) for each in listed] == [(1, "finalize"), (2, "regenerate")]
    assert "regenerate" in world("admin", "invoices", "revisions", numbered).stdout
    both = world("admin", "invoices", "pdf", numbered, "--regenerate", "--revision", "1", fails=2)
    assert "choose" in both.complaint


def test_a_draft_is_shown_as_a_proforma_and_has_no_document(world: World, draft: str, home: Path) -> None:
    shown = world("admin", "invoices", "pdf", draft, "--json").json
    assert (shown["number"], shown["revision"], shown["path"]) == (None, None, f"draft-{draft}.pdf")
    assert (home / shown["path"]).read_bytes().startswith(b"%PDF-")
    for words in (["pdf", draft, "--revision", "1"], ["pdf", draft, "--regenerate"], ["verify", draft]):
        assert "[invoice_not_finalized]" in world("admin", "invoices", *words, fails=1).complaint


def test_an_intact_series_and_a_tampered_one(world: World, numbered: str, home: Path) -> None:
    second = world("admin", "invoices", "create", "jones", "--line", "1 x 100 Thing", "--json").json["id"]
    later = world("admin", "invoices", "finalize", second, "--yes", "--json").json["number"]
    audit = world("admin", "invoices", "numbering-audit", "--json").json["items"][0]
    assert (audit["documents"], audit["intact"], audit["last_number"]) == (2, True, later)
    assert world("admin", "invoices", "verify", numbered, "--json").json["intact"] is True
    assert world("admin", "invoices", "verify", "--json").json["items"] == [audit]
    tamper_with(home, numbered)
    outcome = world("admin", "invoices", "verify", numbered, "--json", fails=1)
    assert json.loads(outcome.stdout)["faults"]
    assert numbered in world("admin", "invoices", "numbering-audit", fails=1).stderr
    assert "NOT intact" in world("admin", "invoices", "verify", numbered, fails=1).stderr


def tamper_with(home: Path, number: str) -> None:
    """Change a frozen amount behind the database's own guards, as only an administrator of it could."""
    database = sqlite3.connect(home / "scaicontrol.db")
    triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'invoices'")
    for (name,) in triggers.fetchall():
        database.execute(f"DROP TRIGGER {name}")
    database.execute(
        "UPDATE invoices SET frozen_document = replace(frozen_document, '25000', '15000') WHERE number = ?", (number,)
    )
    database.commit()
    database.close()

"""Customers at the command line: taken on one by one or by the list, found by the name one knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]


def test_a_customer_is_created_and_found_by_id_and_by_reference(world: World) -> None:
    created = world("admin", "tenants", "create", "Baker", "--reference", "baker-1", "--json").json
    assert created["collection_method"] == "send_invoice"
    assert world("admin", "tenants", "show", "baker-1", "--json").json == created
    assert world("admin", "tenants", "show", created["id"], "--json").json == created


def test_the_list_can_be_searched_sorted_and_paged(world: World) -> None:
    found = world("admin", "tenants", "list", "--search", "acme", "--json").json
    assert [item["external_reference"] for item in found["items"]] == ["acme"]
    first = world("admin", "tenants", "list", "--limit", "1", "--json").json
    rest = world("admin", "tenants", "list", "--limit", "1", "--cursor", first["next_cursor"], "--json").json
    assert [first["items"][0]["external_reference"], rest["items"][0]["external_reference"]] == ["acme", "jones"]
    assert first["total"] == 2
    by_name = world("admin", "tenants", "list", "--sort", "-name", "--json").json
    assert [item["name"] for item in by_name["items"]] == ["Petra Jones", "Acme B.V."]
    assert world("admin", "tenants", "list", "--inactive", "--json").json["items"] == []


def test_in_a_pipe_the_list_is_plain_text_and_the_count_goes_elsewhere(world: World) -> None:
    outcome = world("admin", "tenants", "list")
    heading, *lines = outcome.stdout.splitlines()
    assert heading.split()[:2] == ["id", "external"]
    assert len(lines) == 2
    assert outcome.stderr == "2 of 2\n"


def test_a_reference_is_taken_once(world: World, rows: Rows) -> None:
    before = rows()
    outcome = world("admin", "tenants", "create", "Other", "--reference", "acme", fails=1)
    assert "[external_reference_taken]" in outcome.complaint
    assert rows() == before


def test_a_customer_is_changed_field_by_field(world: World) -> None:
    changed = world("admin", "tenants", "update", "acme", "--name", "Acme Holding", "--inactive", "--json").json
    assert (changed["name"], changed["is_active"], changed["version"]) == ("Acme Holding", False, 2)
    stale = world("admin", "tenants", "update", "acme", "--name", "Late", "--expected-version", "1", fails=1)
    assert "[stale_version]" in stale.complaint
    assert (
        "[choice_unknown]" in world("admin", "tenants", "update", "acme", "--collection-method", "x", fails=2).complaint
    )


def test_nobody_has_that_name(world: World) -> None:
    for words in (
        ["tenants", "show", "ghost"],
        ["tenants", "billing-profile", "ghost"],
        ["tenants", "attest-vat", "ghost", "--reason", "x"],
        ["subscriptions", "create", "ghost", "keys.pro"],
        ["subscriptions", "list", "--tenant", "ghost"],
        ["invoices", "create", "ghost", "--line", "1 x 100 Thing"],
        ["billing", "run", "--period", "2026-01", "--tenant", "ghost"],
    ):
        assert "[tenant_not_found]" in world("admin", *words, fails=1).complaint


# -- billing profiles -------------------------------------------------------------------------------------------------


def test_a_profile_is_shown_and_amended(world: World) -> None:
    shown = world("admin", "tenants", "billing-profile", "acme", "--json").json
    assert shown["details"]["city"] == "Amsterdam"
    assert shown["vat_evidence"]["source"] == "operator_attested"
    amended = world(
        "admin", "tenants", "billing-profile", "acme", "--set", "city=Utrecht", "--set", "phone=", "--json"
    ).json
    assert amended["details"] == shown["details"] | {"city": "Utrecht", "phone": None}
    assert amended["version"] == shown["version"] + 1


def test_a_first_profile_can_be_written_from_options_or_a_file(world: World, home: Path) -> None:
    world("admin", "tenants", "create", "Baker", "--reference", "baker")
    assert "[billing_profile_not_found]" in world("admin", "tenants", "billing-profile", "baker", fails=1).complaint
    options = ["--set", "company_name=Baker", "--set", "country_code=BE", "--set", "is_business=false"]
    first = world("admin", "tenants", "billing-profile", "baker", *options, "--json").json
    assert (first["details"]["country_code"], first["details"]["is_business"]) == ("BE", False)
    (home / "profile.yaml").write_text("company_name: Bakkerij\ncountry_code: BE\npostal_code: 9000\n")
    wrong = world("admin", "tenants", "billing-profile", "baker", "--file", "profile.yaml", fails=2)
    assert "/postal_code" in wrong.complaint
    (home / "profile.yaml").write_text('company_name: Bakkerij\ncountry_code: BE\npostal_code: "9000"\n')
    replaced = world("admin", "tenants", "billing-profile", "baker", "--file", "profile.yaml", "--json").json
    assert replaced["details"]["is_business"] is True


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("vat_number=NL000000000B00", "[vat_number_invalid]"),
        ("country_code=ZZ", "/country_code"),
        ("contact_email=nowhere", "/contact_email"),
        ("favourite_colour=blue", "/favourite_colour"),
        ("is_business=perhaps", "/is_business"),
        ("city", "field=value"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_written(world: World, rows: Rows, option: str, says: str) -> None:
    before, shown = rows(), world("admin", "tenants", "billing-profile", "acme", "--json").json
    assert says in world("admin", "tenants", "billing-profile", "acme", "--set", option, fails=2).complaint
    assert rows() == before
    assert world("admin", "tenants", "billing-profile", "acme", "--json").json == shown


def test_a_vat_number_is_attested_with_a_reason(world: World) -> None:
    world("admin", "tenants", "billing-profile", "acme", "--set", "vat_number=NL682052589B01")
    attested = world(
        "admin", "tenants", "attest-vat", "acme", "--reason", "Certificate seen.", "--reference", "F-12", "--json"
    ).json
    assert attested["vat_evidence"]["state"] == "valid"
    assert attested["vat_evidence"]["reference"] == "F-12"
    assert (
        "[vat_number_missing]" in world("admin", "tenants", "attest-vat", "jones", "--reason", "x", fails=2).complaint
    )
    assert "/note" in world("admin", "tenants", "attest-vat", "acme", "--reason", " ", fails=2).complaint


# -- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_again_changes_nothing(world: World, rows: Rows) -> None:
    before = rows()
    report = world("admin", "tenants", "import", "customers.csv", "--attest-vat", "Seen.", "--json").json
    assert (report["created"], report["updated"], report["unchanged"], report["failed"]) == (0, 0, 2, [])
    assert rows() == before


def test_a_bad_row_is_reported_and_the_others_go_on(world: World, home: Path) -> None:
    (home / "more.csv").write_text(
        "tenant,company_name,country_code,vat_number,is_business\n"
        "good,Good GmbH,DE,DE104876452,true\n"
        "bad,Bad GmbH,DE,DE123456789,true\n"
        "also,Also SARL,FR,,false\n"
    )
    report = world("admin", "tenants", "import", "more.csv", "--json", fails=1).json
    assert report["created"] == 2
    (failed,) = report["failed"]
    assert (failed["row"], failed["external_reference"], failed["code"]) == (2, "bad", "vat_number_invalid")
    assert failed["fields"][0]["pointer"] == "/vat_number"
    outcome = world("admin", "tenants", "import", "more.csv", fails=1)
    assert outcome.stdout.splitlines()[1].split() == ["0", "0", "2", "1"]
    assert "row 2 (bad)" in outcome.stderr


def test_a_dry_run_writes_nothing(world: World, home: Path, rows: Rows) -> None:
    (home / "more.csv").write_text("tenant,company_name,country_code\nnew,New Ltd,IE\n")
    before = rows()
    report = world("admin", "tenants", "import", "more.csv", "--dry-run", "--json").json
    assert (report["created"], report["dry_run"]) == (1, True)
    assert rows() == before
    assert "Nothing was written" in world("admin", "tenants", "import", "more.csv", "--dry-run").stderr


def test_a_list_can_come_through_a_pipe(world: World) -> None:
    report = world("admin", "tenants", "import", "-", "--json", typed="tenant,company_name,country_code\np,P Oy,FI\n")
    assert report.json["created"] == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"tenant,tenant\n", "names a column twice"),
        (b"tenant,company_name\n\xff\xfe,x\n", "not UTF-8"),
        (b'tenant,company_name\nx,"open\n', "line"),
    ],
)
def test_a_broken_file_is_wrong_usage(world: World, home: Path, rows: Rows, content: bytes, says: str) -> None:
    (home / "broken.csv").write_bytes(content)
    before = rows()
    assert says in world("admin", "tenants", "import", "broken.csv", fails=2).complaint
    assert "[file_unreadable]" in world("admin", "tenants", "import", "nowhere.csv", fails=2).complaint
    assert rows() == before


def test_an_unknown_column_fails_every_row_and_names_itself(world: World, home: Path) -> None:
    (home / "odd.csv").write_text("tenant,company_name,country_code,shoe_size\na,A,NL,42\n")
    outcome = world("admin", "tenants", "import", "odd.csv", "--json", fails=1)
    assert json.loads(outcome.stdout)["failed"][0]["fields"][0]["pointer"] == "/shoe_size"


def test_a_statement_shows_what_was_charged_and_is_left(world: World, home: Path) -> None:
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    number = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    (account,) = world("admin", "tenants", "statement", "acme", "--json").json["accounts"]
    assert [entry["number"] for entry in account["entries"]] == [number]
    assert account["closing_cents"] == account["entries"][0]["amount_cents"]
    assert number in world("admin", "tenants", "statement", "acme").stdout
    assert (
        world("admin", "tenants", "statement", "acme", "--to", "2001-01-31", "--json").json["accounts"][0]["entries"]
        == []
    )
    world("admin", "tenants", "statement", "acme", "--output", "account.pdf")
    assert (home / "account.pdf").read_bytes().startswith(b"%PDF-")
    assert "[date_invalid]" in world("admin", "tenants", "statement", "acme", "--from", "May", fails=2).complaint

"""The catalogue as a file: in, out, and in again without a change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
HALF_A_CENT = """
services:
- {slug: x, app_id: x, name: X, plans: [
    {slug: p, name: P, tier: pro, billing_period: monthly, base_price_cents: 9.5, currency: EUR}]}
"""
Rows = Callable[[], Mapping[str, int]]


def test_the_same_file_again_changes_nothing(world: World, rows: Rows) -> None:
    before = rows()
    assert world("admin", "catalog", "import", "catalogue.yaml", "--json").json == {
        "dry_run": False,
        "changes": [],
        "omitted": [],
    }
    assert "already what the file says" in world("admin", "catalog", "import", "catalogue.yaml").stderr
    assert rows() == before


@pytest.mark.parametrize(("name", "option"), [("out.yaml", []), ("out.json", ["--json"])])
def test_what_is_exported_comes_back_unchanged(world: World, home: Path, name: str, option: list[str]) -> None:
    world("admin", "catalog", "export", name, *option)
    assert world("admin", "catalog", "import", name, "--json").json["changes"] == []
    assert world("admin", "catalog", "export", *option).stdout == (home / name).read_text()


def test_a_price_change_is_shown_first_and_made_then(world: World, home: Path, rows: Rows) -> None:
    text = (home / "catalogue.yaml").read_text().replace("base_price_cents: 5000", "base_price_cents: 5500")
    (home / "dearer.yaml").write_text(text)
    before = rows()
    dry = world("admin", "catalog", "import", "dearer.yaml", "--dry-run", "--json").json
    assert dry["changes"] == [
        {"kind": "plan", "key": "keys.pro", "action": "updated", "fields": {"base_price_cents": [5000, 5500]}}
    ]
    assert rows() == before
    outcome = world("admin", "catalog", "import", "dearer.yaml")
    assert outcome.stdout.splitlines()[1].split() == ["updated", "plan", "keys.pro", "base_price_cents"]
    exported = json.loads(world("admin", "catalog", "export", "--json").stdout)
    assert exported["services"][0]["plans"][1]["base_price_cents"] == 5500


def test_what_a_file_omits_stays_and_is_named(world: World, home: Path) -> None:
    (home / "one.yaml").write_text("services:\n- {slug: extra, app_id: extra, name: Extra}\n")
    result = world("admin", "catalog", "import", "one.yaml", "--json").json
    assert [change["key"] for change in result["changes"]] == ["extra"]
    assert set(result["omitted"]) >= {"keys", "keys.pro", "mail.pro"}
    assert world("admin", "subscriptions", "create", "acme", "keys.pro", "--json").json["status"] == "active"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services: [", "[file_syntax]"),
        ("services: []\nservices: []\n", "stands here twice"),
        ("services:\n- {slug: x, app_id: x, name: X, colour: blue}\n", "/services/0/colour"),
        ("services:\n- {slug: UPPER, app_id: x, name: X}\n", "/services/0/slug"),
        ("services: lots\n", "/services"),
        ("- a\n", "This must be an object"),
        ("1: x\n", "is not text"),
        ("!!python/object/apply:os.system ['true']", "[file_syntax]"),
        (HALF_A_CENT, "/services/0/plans/0/base_price_cents"),
    ],
)
def test_a_broken_file_says_where_and_writes_nothing(
    world: World, home: Path, rows: Rows, text: str, says: str
) -> None:
    (home / "broken.yaml").write_text(text)
    before = rows()
    complaint = world("admin", "catalog", "import", "broken.yaml", fails=2).complaint
    assert says in complaint
    assert rows() == before


def test_all_faults_are_in_the_json_error(world: World, home: Path) -> None:
    services = "".join(f"- {{slug: BAD{n}, app_id: x{n}, name: X}}\n" for n in range(6))
    (home / "broken.yaml").write_text(f"services:\n{services}")
    assert "and 3 more" in world("admin", "catalog", "import", "broken.yaml", fails=2).complaint
    error = json.loads(world("admin", "catalog", "import", "broken.yaml", "--json", fails=2).complaint)
    assert [field["pointer"] for field in error["errors"]] == [f"/services/{n}/slug" for n in range(6)]

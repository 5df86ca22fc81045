"""Templates at the command line: imported, shown, resolved, restored, exported again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
FILE = """
schema: scaicontrol.templates/1
templates:
  - name: House
    document_type: invoice
    language: nl
    html_content: '{% extends "invoice.html" %}'
    css_content: "p { color: red }"
    page_format: A5
  - name: House
    document_type: email_invoice
    subject: "{{ document.number }} of {{ seller.name }}"
    html_content: "<p>{{ text.heading }}</p>"
"""


@pytest.fixture
def shelf(world: World, tmp_path: Path) -> list[dict[str, Any]]:
    """Two templates of the operator's."""
    file = tmp_path / "templates.yaml"
    file.write_text(FILE)
    items: list[dict[str, Any]] = world("admin", "templates", "import", str(file), "--json").json["items"]
    return items


def test_what_was_imported_is_exported_the_same(world: World, shelf: Any, tmp_path: Path) -> None:
    assert [(each["document_type"], each["version"], each["warnings"]) for each in shelf] == [
        ("invoice", 1, 0),
        ("email_invoice", 1, 0),
    ]
    first, second = tmp_path / "out.yaml", tmp_path / "out.json"
    world("admin", "templates", "export", "-o", str(first))
    again = world("admin", "templates", "import", str(first), "--json").json["items"]
    assert {each["version"] for each in again} == {1}
    world("admin", "templates", "export", "-o", str(second))
    world("admin", "templates", "import", str(second))
    assert world("admin", "templates", "list", "--json").json["total"] == 2


def test_a_template_is_shown_copied_deleted_and_restored(world: World, shelf: Any) -> None:
    key = shelf[0]["id"]
    shown = world("admin", "templates", "show", key, "--json").json
    assert (shown["page_format"], shown["versions"][0]["reason"]) == ("A5", "created")
    assert "House@1" in world("admin", "templates", "show", key).stdout
    copy = world("admin", "templates", "copy", key, "Garden", "--language", "de", "--json").json
    assert (copy["name"], copy["language"]) == ("Garden", "de")
    assert "Confirm with --yes" in world("admin", "templates", "delete", key, fails=2).complaint
    world("admin", "templates", "delete", key, "--yes")
    assert key not in world("admin", "templates", "list").stdout
    assert world("admin", "templates", "restore", key, "1", "--json").json["version"] == 3


def test_resolving_says_which_and_why(world: World, shelf: Any) -> None:
    built_in = world("admin", "templates", "resolve", "acme", "--json").json
    assert (built_in["label"], built_in["template"]) == ("built-in/invoice", None)
    world("admin", "partners", "configure", "operator", "--set", "invoice_template_name=House")
    found = world("admin", "templates", "resolve", "acme", "--language", "nl", "--json").json
    assert (found["label"], found["template"]["id"]) == ("House@1", shelf[0]["id"])
    assert found["trace"][-1] == "The partner's template 'House' in nl: found."
    assert "The tenant names no template." in world("admin", "templates", "resolve", "acme").stderr


def test_a_template_is_checked_before_it_is_kept(world: World, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>\n{{ documnt.number }}</p>")
    report = world("admin", "templates", "validate", str(page), "--json", fails=1).json
    assert report["findings"][0]["line"] == 2
    page.write_text("<p>{{ document.number }}</p>")
    assert "art. 226 (3)" in world("admin", "templates", "validate", str(page)).stdout
    shown = world("admin", "templates", "preview", "--file", str(page), "--sample", "reverse_charge").stdout
    assert "SAMPLE-2026-000042" in shown
    paper = tmp_path / "page.pdf"
    world("admin", "templates", "preview", "--file", str(page), "-o", str(paper))
    assert paper.read_bytes().startswith(b"%PDF")


def test_a_file_that_is_wrong_says_where(world: World, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(FILE.replace("text.heading", "txt.heading"))
    said = world("admin", "templates", "import", str(file), fails=2).complaint
    assert "there is no variable 'txt'" in said
    file.write_text("templates: []")
    assert "scaicontrol.templates/1" in world("admin", "templates", "import", str(file), fails=2).complaint

"""The API's reference, written by the program itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def test_every_area_has_a_page_with_examples(scaicontrol: Any, home: Path) -> None:
    said = scaicontrol("docs", "api", "--into", "reference").stdout
    folder = home / "reference"
    assert said == f"Wrote {len(list(folder.iterdir()))} files to reference.\n"
    index = (folder / "index.md").read_text()
    linked = set(re.findall(r"\]\(([^)]+)\)", index))
    assert {each.name for each in folder.iterdir()} == {*linked, "index.md", "openapi.json"}
    tenants = (folder / "admin-tenants.md").read_text()
    assert "## Create a tenant\n\n`POST /api/v1/admin/tenants`" in tenants
    assert "Request (`application/json`):" in tenants
    assert "`admin:tenants`" in tenants
    assert "| 429 | Too many requests" in tenants
    assert json.loads((folder / "openapi.json").read_text())["openapi"].startswith("3.1")


def test_programs_get_the_description_itself(scaicontrol: Any) -> None:
    description = scaicontrol("docs", "api", "--json").json
    assert "/api/v1/admin/tenants" in description["paths"]

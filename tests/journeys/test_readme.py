"""The first look that the README promises: its commands are typed as they stand there."""

from __future__ import annotations

import re
import shlex
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scaicontrol_cli.main import app

README = Path(__file__).parents[2] / "README.md"
LOOK = re.compile(r"## A first look\n(.*?)\n## ", re.DOTALL)


def test_the_first_look_shows_what_it_says(
    tmp_path: Path, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    runner = CliRunner()
    assert runner.invoke(app, ["demo", "--no-pdf"]).exit_code == 0
    found = LOOK.search(README.read_text())
    assert found
    shown = {}
    for line in re.findall(r"^    (.+)$", found.group(1), re.MULTILINE):
        program, *words = shlex.split(line, comments=True)
        assert program == "scaicontrol"
        result = runner.invoke(app, words)
        assert result.exit_code == 0, f"{line}: {result.stderr}"
        shown[words[1] if words[0] == "documents" else words[2]] = result.stdout
    assert {"explain", "oss", "einvoice", "pdf", "validate", "credit-note", "send", "verify"} == shown.keys()
    assert "stadtwerk.xml: accepted (ubl-invoice, xrechnung)" in shown["validate"]
    assert "moreau.pdf: accepted (cii, en16931)" in shown["validate"]
    (message,) = (tmp_path / "mail").glob("*.eml")
    read = message_from_bytes(message.read_bytes(), policy=default)
    assert [each.get_filename() for each in read.iter_attachments()] == ["SCAI-2026-000005.pdf", "SCAI-2026-000005.xml"]

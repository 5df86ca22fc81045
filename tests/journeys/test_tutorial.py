"""The tutorial works: its commands are typed one after the other, as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scaicontrol_cli.main import app

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_every_command_of_the_tutorial_works(
    tmp_path: Path, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    runner = CliRunner()
    assert runner.invoke(app, ["demo", "--no-pdf"]).exit_code == 0
    typed = [line for block in BLOCK.findall(TUTORIAL.read_text()) for line in block.splitlines()]
    assert len(typed) >= 10
    for line in typed:
        program, *words = shlex.split(line)
        assert program == "scaicontrol"
        result = runner.invoke(app, words)
        assert result.exit_code == 0, f"{line}: {result.stderr}"
    assert (tmp_path / "invoice.pdf").read_bytes().startswith(b"%PDF-")


def test_its_error_is_shown_as_it_is(tmp_path: Path, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    runner = CliRunner()
    assert runner.invoke(app, ["demo", "--no-pdf", "--until", "2026-01"]).exit_code == 0
    assert runner.invoke(app, ["admin", "tenants", "create", "Janssen", "--reference", "janssen"]).exit_code == 0
    refused = runner.invoke(app, ["admin", "subscriptions", "create", "janssen", "scaikey.platinum"])
    assert refused.stderr.strip() in TUTORIAL.read_text()

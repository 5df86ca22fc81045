"""The page that is read when something fails names commands and errors that there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from typer import Context
from typer.main import get_command

from scaicontrol_cli.main import app
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "how-to" / "when-something-fails.md").read_text()
ERRORS = (ROOT / "docs" / "reference" / "errors.md").read_text()
COMMANDS = re.findall(r"^    scaicontrol (.+?)(?:\s+#.*)?$", PAGE, re.MULTILINE)
CODES = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE)


@pytest.mark.parametrize("line", COMMANDS)
def test_its_commands_are_commands(line: str) -> None:
    command: Any = get_command(app)
    words = line.split()
    while hasattr(command, "list_commands"):
        command = command.get_command(Context(command), words.pop(0))
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_its_errors_are_errors() -> None:
    assert len(CODES) > 5
    assert [code for code in CODES if f"| `{code}` |" not in ERRORS] == []

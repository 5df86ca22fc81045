"""Where settings come from: the environment, and the lines of a ``.env`` file below it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_COMMENT = re.compile(r"\s+#.*$")


def read_environment(dotenv: Path | None = None) -> Mapping[str, str]:
    """Return the environment, with what only the ``.env`` file names beside it.

    A variable of the environment wins over the file. Raises ``Invalid`` for a line of the file
    that assigns nothing.
    """
    path = Path(".env") if dotenv is None else dotenv
    filed = parse_dotenv(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {**filed, **os.environ}


def parse_dotenv(text: str) -> dict[str, str]:
    """Read ``NAME=value`` lines.

    Blank lines and ``#`` comments are skipped, ``export`` before a name is allowed, quotes around
    a value are taken off, and nothing is ever expanded.
    """
    found: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            # The line itself is not repeated: it may hold half of a secret.
            raise Invalid.field(f"/.env/{number}", f"Line {number} of .env is not NAME=value.", code="settings_invalid")
        found[match[1]] = _value(match[2])
    return found


def _value(text: str) -> str:
    for quote in ("'", '"'):
        if text.startswith(quote) and (end := text.find(quote, 1)) > 0:
            return text[1:end]
    return "" if text.startswith("#") else _COMMENT.sub("", text)

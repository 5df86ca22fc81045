"""Writes what is made from the code: the pages of ``docs/reference``, and notes for the API's description."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Run as a program, Python looks for packages beside this file; ours stand one folder up.
sys.path.insert(0, str(ROOT))

from docs.generating import PAGES, operations  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"


def main() -> None:
    """Write every page anew, and name those that changed."""
    REFERENCE.mkdir(exist_ok=True)
    for make in PAGES:
        page = make()
        _write(REFERENCE / page.name, page.text())
    _write(operations.FILE, operations.text())


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
        sys.stdout.write(f"{file.relative_to(ROOT)} changed\n")


if __name__ == "__main__":
    main()

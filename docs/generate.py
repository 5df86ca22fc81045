"""Writes the pages of ``docs/reference`` that are made from the code: ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Run as a program, Python looks for packages beside this file; ours stand one folder up.
sys.path.insert(0, str(ROOT))

from docs.generating import PAGES  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"


def main() -> None:
    """Write every page anew, and name those that changed."""
    REFERENCE.mkdir(exist_ok=True)
    for make in PAGES:
        page = make()
        file, text = REFERENCE / page.name, page.text()
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            sys.stdout.write(f"{file.relative_to(ROOT)} changed\n")


if __name__ == "__main__":
    main()

"""What the source knows of each operation and no type says: the permission it needs, the codes it may answer with.

``notes.json`` is read from the source by ``make docs``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "notes.json"


@cache
def notes() -> dict[str, dict[str, Any]]:
    """Return the notes by ``GET /admin/tenants``: ``needs`` in words, and ``codes`` by status."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found

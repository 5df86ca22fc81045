"""Names of jobs are pushed in one place: a push anywhere else would be lost in a crash, and nobody would know."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PUSHES = {"enqueue", "send", "send_with_options"}
ONLY = ROOT / "scaicontrol_jobs" / "broker.py"


def test_only_the_pusher_speaks_to_the_queue() -> None:
    found = [
        path
        for path in sorted((ROOT / "scaicontrol_jobs").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in PUSHES
    ]
    assert found == [ONLY]


def test_nobody_but_the_jobs_knows_the_queue() -> None:
    for package in ("scaicontrol_adapters", "scaicontrol_http", "scaicontrol_cli"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not any(name.split(".")[0] == "dramatiq" for name in names), path

"""The source of the five packages as syntax trees, read once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from attrs import field, frozen

ROOT = Path(__file__).parents[2]
PACKAGES = ("scaicontrol_core", "scaicontrol_adapters", "scaicontrol_http", "scaicontrol_cli", "scaicontrol_jobs")


@frozen
class Module:
    """One source file: its path below the repository's root, and its tree."""

    path: str
    tree: ast.Module = field(repr=False)

    @classmethod
    def parse(cls, text: str, path: str = "scaicontrol_core/billing/example.py") -> Module:
        """Read a source given as text."""
        return cls(path, ast.parse(text))

    @property
    def name(self) -> str:
        """The dotted name it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def walk(self) -> Iterator[ast.AST]:
        """Go through every node of the tree."""
        return ast.walk(self.tree)


@frozen
class Finding:
    """A rule broken at a place."""

    module: Module
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.module.path}:{self.line}: {self.says}"


@cache
def modules(folder: str) -> tuple[Module, ...]:
    """Return every module below a folder of the repository, by path."""
    paths = sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)
    return tuple(Module.parse(path.read_text(), path.relative_to(ROOT).as_posix()) for path in paths)


def core() -> tuple[Module, ...]:
    """Return the modules of the core."""
    return modules("scaicontrol_core")


def shipped() -> tuple[Module, ...]:
    """Return the modules of all five packages."""
    return tuple(module for package in PACKAGES for module in modules(package))

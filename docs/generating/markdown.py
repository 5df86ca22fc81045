"""Pages and their parts as Markdown text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

COMMAND = "make docs"
#: An abbreviation ("art. 230") is followed by no capital.
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")


@frozen(kw_only=True)
class Page:
    """A page of the reference: its file's name, its title, what it is made from, and its text."""

    name: str
    title: str
    source: str
    parts: tuple[str, ...]

    def text(self) -> str:
        """Return the whole file."""
        made = f"*Made from {self.source} by `{COMMAND}`. Changes made here are lost: change the code.*"
        return "\n\n".join([f"# {self.title}", made, *(part.strip("\n") for part in self.parts if part)]) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; nothing at all without rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(header), "|---" * len(header) + "|", *lines]) if lines else ""


def code(text: str) -> str:
    """Return the text as code."""
    return f"`{text}`"


def codes(texts: Iterable[str], separator: str = ", ") -> str:
    """Return each text as code, parted by commas."""
    return separator.join(map(code, texts))


def source(path: str) -> str:
    """Return a link to a source file, given from the repository's root."""
    return f"[{code(path.removeprefix('scaicontrol_'))}](../../{path})"


def sentence(docstring: str | None) -> str:
    """Return the first sentence of a docstring, its code marked the Markdown way."""
    return _SENTENCE.split(prose(docstring).partition("\n\n")[0].replace("\n", " "))[0]


def prose(docstring: str | None) -> str:
    """Return a docstring as Markdown: reST's double backticks become single ones."""
    lines = [line.strip() for line in (docstring or "").strip().splitlines()]
    return "\n".join(lines).replace("``", "`")


def _row(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return "| " + " | ".join(escaped) + " |"

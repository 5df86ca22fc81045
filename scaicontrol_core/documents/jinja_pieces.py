"""A template cut into its text and its Jinja, without reading what the Jinja says."""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import frozen

_OPENING = re.compile(r"\{[{%#]")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_BRACKETS = {"{": "}", "[": "]", "(": ")"}


class PieceKind(StrEnum):
    """What a piece of a template is."""

    TEXT = "text"
    EXPRESSION = "expression"
    CONTROL = "control"
    REMARK = "remark"


_KINDS = {"{{": PieceKind.EXPRESSION, "{%": PieceKind.CONTROL, "{#": PieceKind.REMARK}
_CLOSINGS = {"{{": "}}", "{%": "%}", "{#": "#}"}


@frozen
class Piece:
    """A piece, with its delimiters; never empty."""

    kind: PieceKind
    source: str


def pieces_of(template: str) -> list[Piece]:
    """Cut a template; the sources joined are the template. What is never closed is text, as is what ``raw`` holds."""
    pieces: list[Piece] = []
    text_from = at = 0

    def keep(until: int) -> None:
        if until > text_from:
            pieces.append(Piece(PieceKind.TEXT, template[text_from:until]))

    while found := _OPENING.search(template, at):
        start, opening = found.start(), found[0]
        end = _end(template, found.end(), _CLOSINGS[opening])
        if end is None:
            at = found.end()
            continue
        keep(start)
        piece = Piece(_KINDS[opening], template[start:end])
        pieces.append(piece)
        text_from = at = end
        if _RAW.fullmatch(piece.source):
            closing = _END_RAW.search(template, end)
            at = closing.start() if closing else len(template)
    keep(len(template))
    return pieces


def _end(template: str, start: int, closing: str) -> int | None:
    """Find where a piece ends as Jinja finds it: not within strings, nor while a bracket is open."""
    if closing == "#}":
        found = template.find(closing, start)
        return found + len(closing) if found >= 0 else None
    open_brackets: list[str] = []
    at = start
    while at < len(template):
        if not open_brackets and template.startswith(closing, at):
            return at + len(closing)
        character = template[at]
        if character in "\"'":
            at = _end_of_string(template, at)
            continue
        if character in _BRACKETS:
            open_brackets.append(_BRACKETS[character])
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
        at += 1
    return None


def _end_of_string(template: str, start: int) -> int:
    at = start + 1
    while at < len(template) and template[at] != template[start]:
        at += 2 if template[at] == "\\" else 1
    return at + 1

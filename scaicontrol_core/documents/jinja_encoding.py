"""Jinja in a canvas that knows only HTML: what an HTML parser would tear apart travels in disguise.

``encode`` writes control syntax as comments (``<!--JS:if x-->``, ``<!--JC:a remark-->``), which
parsers leave where they are, between table rows too. A spelling that a comment can't carry, or
that must come back to the blank (``{%- if x -%}``), is percent-encoded whole (``<!--JX:…-->``).
Inside an attribute's value, where there are no comments, it becomes a word (``_J7b25…_``, hex),
and between attributes an attribute of its own. Expressions stay as they are wherever they survive
that. Text that looks like one of these disguises is disguised itself, so that
``decode(encode(text)) == text`` for every text. What is not kept is a name put together from
Jinja (``<h{{ level }}>``) once a parser has written it anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field

from scaicontrol_core.documents.jinja_pieces import PieceKind, pieces_of
from scaicontrol_core.documents.markup_position import MarkupPosition, Place

if TYPE_CHECKING:
    from scaicontrol_core.documents.jinja_pieces import Piece

_ATTRIBUTE = "data-jinja-token-"
_LOOKS_DISGUISED = re.compile(rf"<!--J[SCX]:|_J|{_ATTRIBUTE}")
_DISGUISE = re.compile(
    rf"<!--J(?P<kind>[SCX]):(?P<body>.*?)-->"
    rf"|_J(?P<word>(?:[0-9a-f]{{2}})+)_"
    rf'|(?P<before> ?){_ATTRIBUTE}\d+-(?P<added>b?a?)-(?P<name>(?:[0-9a-f]{{2}})+)(?:="")?(?P<after> ?)',
    re.DOTALL,
)
#: What would end a comment early, or come back from a parser as something else.
_BREAKS_COMMENT = re.compile(r"--|<!|-$|[\r\x00]")
_UNSAFE = re.compile(r"[%<>&!\-\x00-\x1f]")
_ESCAPED = re.compile(r"%([0-9A-F]{2})")
_BREAKS_TEXT = re.compile(rf"[<>&\r\x00]|{_LOOKS_DISGUISED.pattern}")
_BREAKS_VALUE = re.compile(rf"[<>&\"'`\r\x00]|{_LOOKS_DISGUISED.pattern}")
_DELIMITERS = {PieceKind.CONTROL: ("S", "{% ", " %}"), PieceKind.REMARK: ("C", "{# ", " #}")}
_BY_LETTER = {letter: (opened, closed) for letter, opened, closed in _DELIMITERS.values()}
_DECORATION = re.compile(r"\s+data-jinja-cond(?:=(?:\"[^\"]*\"|'[^']*'))?(?=[\s/>])")


def encode(template: str) -> str:
    """Return the template with its Jinja disguised for an HTML editor."""
    return _Encoder().encode(template)


def decode(markup: str) -> str:
    """Return the template that ``encode`` disguised, also after an HTML parser wrote it anew."""
    return _DISGUISE.sub(_undisguised, markup)


def from_canvas(markup: str) -> str:
    """Return what the designer saves: decoded, without the canvas's own decoration (``data-jinja-cond``)."""
    return decode(_DECORATION.sub("", markup))


@define
class _Encoder:
    """One pass over a template: it remembers where in the markup it stands."""

    position: MarkupPosition = field(factory=MarkupPosition)
    written: list[str] = field(factory=list)
    attributes: int = 0

    def encode(self, template: str) -> str:
        """Write piece after piece; text is walked through for the position."""
        pieces = pieces_of(template)
        for index, piece in enumerate(pieces):
            following = pieces[index + 1] if index + 1 < len(pieces) else None
            if piece.kind is PieceKind.TEXT:
                self._write_text(piece.source, following)
            else:
                self._write_jinja(piece, following.source[0] if following else "")
        return "".join(self.written)

    def _write_text(self, text: str, following: Piece | None) -> None:
        at = 0
        for found in _LOOKS_DISGUISED.finditer(text):
            self._walk(text[at : found.start()])
            rest = text[found.end() :]
            self._disguise(found[0], PieceKind.TEXT, rest[:1] or (following.source[0] if following else ""))
            at = found.end()
        self._walk(text[at:])

    def _walk(self, text: str) -> None:
        self.position.advance(text)
        self.written.append(text)

    def _write_jinja(self, piece: Piece, following: str) -> None:
        if self._stays(piece):
            self.written.append(piece.source)
        else:
            self._disguise(piece.source, piece.kind, following)

    def _stays(self, piece: Piece) -> bool:
        place = self.position.place
        if place is Place.RAW:
            return not _BREAKS_TEXT.search(piece.source)
        if piece.kind is not PieceKind.EXPRESSION:
            return False
        if place is Place.VALUE:
            return not _BREAKS_VALUE.search(piece.source)
        # Text between table rows is thrown out of the table by every parser.
        return place is Place.TEXT and not self.position.between_cells and not _BREAKS_TEXT.search(piece.source)

    def _disguise(self, source: str, kind: PieceKind, following: str) -> None:
        place = self.position.place
        if place is Place.TEXT:
            self.written.append(_comment(source, kind))
        elif place is Place.TAG:
            self._write_attribute(source, following)
        else:
            self.written.append(f"_J{source.encode().hex()}_")

    def _write_attribute(self, source: str, following: str) -> None:
        """Write an attribute of its own; blanks that it needs around it are noted, to be taken away again."""
        self.attributes += 1
        last = self.written[-1][-1:] if self.written else ""
        before = "" if last.isspace() else " "
        after = "" if following.isspace() or following in {"", ">"} else " "
        added = ("b" if before else "") + ("a" if after else "")
        name = f"{_ATTRIBUTE}{self.attributes}-{added}-{source.encode().hex()}"
        self.written.append(f"{before}{name}{after}")


def _comment(source: str, kind: PieceKind) -> str:
    if kind in _DELIMITERS:
        letter, opened, closed = _DELIMITERS[kind]
        body = source[len(opened) : -len(closed)]
        if source == f"{opened}{body}{closed}" and body and body == body.strip() and not _BREAKS_COMMENT.search(body):
            return f"<!--J{letter}:{body}-->"
    return f"<!--JX:{_UNSAFE.sub(lambda found: f'%{ord(found[0]):02X}', source)}-->"


def _undisguised(found: re.Match[str]) -> str:
    if found["kind"] == "X":
        return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), found["body"])
    if found["kind"]:
        opened, closed = _BY_LETTER[found["kind"]]
        return f"{opened}{found['body']}{closed}"
    if found["word"]:
        return _from_hex(found["word"], found[0])
    before = "" if "b" in found["added"] else found["before"]
    after = "" if "a" in found["added"] else found["after"]
    return before + _from_hex(found["name"], found["name"]) + after


def _from_hex(digits: str, otherwise: str) -> str:
    try:
        return bytes.fromhex(digits).decode()
    except UnicodeDecodeError:  # not one of ours
        return otherwise

"""Where in HTML a place is: in its text, in a tag, in an attribute's value, in a comment or a style."""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import define

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
#: Elements whose content is not parsed, or parsed for entities only.
_RAW = frozenset({"style", "script", "title", "textarea", "xmp", "noframes", "iframe"})
_CELLS = frozenset({"td", "th", "caption"})
_TABLE_PARTS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup"})


class Place(StrEnum):
    """Kinds of places, by what may stand there."""

    TEXT = "text"
    TAG = "tag"
    VALUE = "value"
    RAW = "raw"


@define
class MarkupPosition:
    """Goes along with HTML as it is written, in chunks cut anywhere but within a tag's name."""

    place: Place = Place.TEXT
    between_cells: bool = False
    _element: str = ""
    _closes: bool = False
    _until: str = ""
    """What ends the present value, comment or raw text."""
    _after_equals: bool = False

    def advance(self, text: str) -> None:
        """Go through a chunk."""
        at = 0
        while at < len(text):
            at = self._steps(text, at)

    def _steps(self, text: str, at: int) -> int:
        if self.place is Place.TEXT:
            return self._in_text(text, at)
        if self.place is Place.TAG:
            return self._in_tag(text, at)
        return self._in_enclosed(text, at)

    def _in_text(self, text: str, at: int) -> int:
        start = text.find("<", at)
        if start < 0:
            return len(text)
        if text.startswith("<!--", start):
            self.place, self._until = Place.RAW, "-->"
            return start + 4
        tag = _TAG.match(text, start)
        if tag is None:
            return start + 1
        self.place, self._closes, self._element = Place.TAG, bool(tag[1]), tag[2].lower()
        self._after_equals = False
        return tag.end()

    def _in_tag(self, text: str, at: int) -> int:
        character = text[at]
        if character == ">":
            self._leave_tag()
        elif character in "\"'" and self._after_equals:
            self.place, self._until = Place.VALUE, character
        elif not character.isspace():
            self._after_equals = character == "="
        return at + 1

    def _leave_tag(self) -> None:
        if self._element in _CELLS:
            self.between_cells = self._closes
        elif self._element in _TABLE_PARTS:
            self.between_cells = not (self._closes and self._element == "table")
        raw = self._element in _RAW and not self._closes
        self.place, self._until = (Place.RAW, f"</{self._element}") if raw else (Place.TEXT, "")

    def _in_enclosed(self, text: str, at: int) -> int:
        end = text.lower().find(self._until, at)
        if end < 0:
            return len(text)
        if self.place is Place.VALUE:
            self.place, self._after_equals = Place.TAG, False
            return end + 1
        self.place = Place.TEXT
        return end if self._until.startswith("</") else end + len(self._until)

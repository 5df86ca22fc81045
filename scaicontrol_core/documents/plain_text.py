"""The text of an e-mail's HTML, for readers without HTML: nothing said is lost, and every link is kept."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

_BLOCKS = frozenset(
    "address article blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header html li"
    " main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_PARAGRAPHS = frozenset("h1 h2 h3 h4 h5 h6 ol p table ul".split())
_UNSEEN = frozenset("head noscript script style template title".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\u00a0\n]+")
_MARKUP = re.compile(r"<[a-zA-Z/!?]")
#: Where a block begins or ends; between the cells of a row.
_EDGE, _GAP = "\x1e", "\x1f"
_BETWEEN = re.compile(r"[ \x1e\x1f\n]+")


def text_of_html(html: str) -> str:
    """Return the readable text: blocks on lines of their own, list items dashed, links as ``text <address>``.

    What is hidden in the HTML (a preview line, styles) is left out, unless it holds a link.
    """
    reader = _Reader()
    # Not closed: what never ends (a comment, a tag) swallows the rest, as in a browser, and closing would look
    # for its end from every character on.
    reader.feed(html)
    reader.end()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._links: list[tuple[str, int]] = []
        self._named: Counter[str] = Counter()

    def end(self) -> None:
        rest = self.rawdata
        if not _MARKUP.match(rest):
            self.handle_data(unescape(rest))

    def text(self) -> str:
        while self._links:
            self._end_link()
        broken = _BETWEEN.sub(_broken, "".join(self._pieces))
        return "\n".join(_tidy(line) for line in broken.split("\n")).strip() + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = self._is_hidden or tag in _UNSEEN or "hidden" in given
        hidden = hidden or bool(_HIDDEN.search(given.get("style") or ""))
        if tag not in _VOID:
            self._open.append((tag, hidden))
            self._named[tag] += 1
        if tag == "a" and self._links:  # there are no links within links
            self._end_link()
        if tag == "a" and given.get("href"):
            self._links.append((str(given["href"]).strip(), len(self._pieces)))
        if tag == "img" and not hidden and given.get("alt"):
            self._pieces.append(str(given["alt"]))
        elif not hidden:
            self._break_before(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._named[tag]:
            return
        while True:
            name, hidden = self._open.pop()
            self._named[name] -= 1
            if name == "a" and self._links:
                self._end_link()
            if not hidden:
                self._break_after(name)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self._pieces.append(re.sub(r"[^\S\u00a0]+", " ", data))

    @property
    def _is_hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _break_before(self, tag: str) -> None:
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "hr":
            self._pieces.append("\n\n")
        elif tag == "li":
            self._pieces.append(f"{_EDGE}- ")
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag in _PARAGRAPHS else _EDGE)

    def _break_after(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._pieces.append(_GAP)
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag in _PARAGRAPHS else _EDGE)

    def _end_link(self) -> None:
        address, start = self._links.pop()
        said = _BLANKS.sub(" ", "".join(self._pieces[start:])).strip()
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if said not in {address, bare} or not said:
            self._pieces.append(f" <{address}>" if said else f"{_EDGE}{address}{_EDGE}")


def _broken(between: re.Match[str]) -> str:
    """Return one line break or two where blocks meet; blanks and cells' gaps stay what they are."""
    if "\n" not in between[0] and _EDGE not in between[0]:
        return between[0]
    return "\n\n" if between[0].count("\n") > 1 else "\n"


def _tidy(line: str) -> str:
    cells = [_BLANKS.sub(" ", cell).strip() for cell in line.split(_GAP)]
    return "  ".join(cell for cell in cells if cell)

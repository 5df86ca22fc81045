"""What the HTML and CSS of a template may not have: nothing runs, nothing is fetched from a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scaicontrol_core.documents.templates.ports import SourceFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Blanks are taken possessively (``\s*+``), and nothing runs over the next ``<``: a source made for it would
# otherwise keep these patterns busy for hours.
_NETWORK = r"[\"']?\s*+(?:https?:|ftp:|file:|//)"
#: In HTML of any kind.
_HTML: Final = (
    (r"<\s*+/?\s*+(script|iframe|frame|object|embed|applet|base|form|link)\b", "the element is forbidden"),
    (r"<\s*+meta\b[^<>]*http-equiv", "the element is forbidden"),
    (r"<[^<>]*\son[a-z]+\s*=", "event attributes are forbidden"),
    (r"(?:javascript|vbscript)\s*:", "addresses that run code are forbidden"),
)
#: In stylesheets, style elements and style attributes.
_CSS: Final = (
    (r"@import\b", "imports are forbidden: write the rules out"),
    (rf"url\(\s*+{_NETWORK}", "nothing is fetched from a network: use an uploaded asset"),
    (r"\bexpression\s*\(|-moz-binding|behavior\s*:", "code in styles is forbidden"),
    (r"</\s*style", "a stylesheet may not close the style element"),
)
#: Where a page is printed, pictures come from uploaded assets alone.
_PRINT: Final = (
    (
        rf"<[^<>]*\s(?:src|srcset|poster|background|data|xlink:href)\s*+=\s*+{_NETWORK}",
        "nothing is fetched from a network: use an uploaded asset",
    ),
)


def html_faults(html: str, *, printed: bool) -> Sequence[SourceFinding]:
    """Return every forbidden construct of a template's HTML, with its line."""
    rules = (*_HTML, *_CSS[:-1], *(_PRINT if printed else ()))
    return sorted(_faults(html, rules), key=lambda found: found.line or 0)


def css_faults(css: str) -> Sequence[SourceFinding]:
    """Return every forbidden construct of a stylesheet, with its line."""
    return sorted(_faults(css, _CSS), key=lambda found: found.line or 0)


def _faults(source: str, rules: Sequence[tuple[str, str]]) -> Iterator[SourceFinding]:
    for pattern, reason in rules:
        for found in re.finditer(pattern, source, re.IGNORECASE):
            shown = " ".join(found[0].split())[-60:]
            yield SourceFinding(source.count("\n", 0, found.start()) + 1, f"{shown!r}: {reason}")

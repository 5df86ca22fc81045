"""What a reader's eye sees of a PDF: each word with its place on its page."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from lxml import html

from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine


@frozen
class Word:
    """A word and its box, in points from the top left of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Word) -> bool:
        """Tell whether the two are printed over one another; lines set close may touch."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        lower = min(self.bottom - self.top, other.bottom - other.top)
        return width > 1 and height > 0.45 * lower


@frozen
class Sheet:
    """One page: its size in points, and its words in reading order."""

    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """All words with a blank between."""
        return " ".join(word.text for word in self.words)


@pytest.fixture(scope="session")
def engine() -> PdfEngine:
    """One warm engine for all tests of this process."""
    return PdfEngine()


@pytest.fixture(scope="session")
def sheets(engine: PdfEngine) -> Callable[..., list[Sheet]]:
    """Render a document (keywords as ``compose_html`` has them) and look at its pages."""

    def look(document: dict[str, Any], **how: Any) -> list[Sheet]:
        pdf = engine.render(compose_html(document, **how).html, "looked at")
        seen = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True).stdout
        return [_sheet(page) for page in html.fromstring(seen.decode()).iter("page")]

    return look


def _sheet(page: Any) -> Sheet:
    words = [
        Word(word.text or "", *(float(word.get(side)) for side in ("xmin", "ymin", "xmax", "ymax")))
        for word in page.iter("word")
    ]
    return Sheet(float(page.get("width")), float(page.get("height")), tuple(words))

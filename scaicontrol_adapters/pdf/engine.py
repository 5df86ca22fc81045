"""HTML to PDF/A-3b with WeasyPrint, the same bytes every time.

Imports WeasyPrint; for the pool's workers and inline rendering only.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import OrderedDict
from typing import Any

from attrs import define, field, frozen
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from scaicontrol_adapters.einvoice.hybrid import HybridMetadata, name_once
from scaicontrol_adapters.pdf.composer import STYLE_CLOSE, STYLE_OPEN
from scaicontrol_adapters.pdf.fetcher import AssetFetcher
from scaicontrol_adapters.pdf.fonts import font_files
from scaicontrol_adapters.pdf.limits import RenderingLimits, deadline
from scaicontrol_core.documents.errors import RenderingFailed
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts

_WARM_STYLESHEETS = 8


@frozen
class _WarmStylesheet:
    """A parsed stylesheet with the fonts it loaded: one configuration each, for fonts only ever pile up in it."""

    css: Any
    fonts: Any


@define
class PdfEngine:
    """Renders one document at a time; keeps the last stylesheets parsed and their fonts loaded."""

    limits: RenderingLimits = field(factory=RenderingLimits)
    _own: AssetFetcher = field(init=False)
    _stylesheets: OrderedDict[str, _WarmStylesheet] = field(init=False, factory=OrderedDict)

    def __attrs_post_init__(self) -> None:
        """Put the fonts within the fetcher's reach."""
        self._own = AssetFetcher({font.version.sha256: font.content for font in font_files()})

    def render(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return the PDF of a snapshot; see ``DocumentRenderer.render_pdf``.

        Nothing in it depends on when or where it is made: dates come from the HTML's own
        ``dcterms`` metadata, the identifier from the document's key.
        """
        page, css = _split_style(html)
        with deadline(self.limits.pdf_seconds, f"The PDF {document_key}"), warnings.catch_warnings():
            # WeasyPrint leaves its colour profile's file to be closed by the garbage collector.
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                return self._write(page, css, document_key, parts)
            except Exception as wrong:
                raise RenderingFailed(f"{document_key} can't be rendered: {type(wrong).__name__}: {wrong}") from wrong

    def _write(self, page: str, css: str, document_key: str, parts: PdfParts) -> bytes:
        fetcher = self._own.with_assets(parts.assets) if parts.assets else self._own
        sheet = self._stylesheet(css, fetcher)
        options: dict[str, Any] = {
            "stylesheets": [sheet.css],
            "pdf_variant": "pdf/a-3b",
            "pdf_tags": True,
            "pdf_identifier": hashlib.sha256(document_key.encode()).digest()[:16],
        }
        document = HTML(string=page, url_fetcher=fetcher).render(font_config=sheet.fonts, **options)
        if parts.einvoice is not None:
            document.metadata = HybridMetadata(document.metadata, parts.einvoice)
        pdf: bytes = document.write_pdf(finisher=name_once if parts.einvoice else None, **options)
        return pdf

    def _stylesheet(self, css: str, fetcher: AssetFetcher) -> _WarmStylesheet:
        digest = hashlib.sha256(css.encode()).hexdigest()
        if digest not in self._stylesheets:
            fonts = FontConfiguration()
            sheet = CSS(string=css, font_config=fonts, url_fetcher=fetcher)
            self._stylesheets[digest] = _WarmStylesheet(sheet, fonts)
            if len(self._stylesheets) > _WARM_STYLESHEETS:
                self._stylesheets.popitem(last=False)
        self._stylesheets.move_to_end(digest)
        return self._stylesheets[digest]


def _split_style(html: str) -> tuple[str, str]:
    """Take our own style element out of a snapshot, so that its parsed form can be reused."""
    before, opened, rest = html.partition(STYLE_OPEN)
    css, closed, after = rest.partition(STYLE_CLOSE)
    return (before + after, css) if opened and closed else (html, "")

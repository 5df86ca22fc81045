"""Rendering in the caller's own process: for the command line, tests and benches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.limits import RenderingLimits
from scaicontrol_core.documents import RenderedHtml, TemplateSource
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts

if TYPE_CHECKING:
    from scaicontrol_adapters.pdf.engine import PdfEngine


@define
class InlineRenderer:
    """A ``DocumentRenderer`` that blocks while it works; loads WeasyPrint at the first PDF."""

    limits: RenderingLimits = field(factory=RenderingLimits)
    _engine: PdfEngine | None = field(init=False, default=None)

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Write the document as HTML; see the port."""
        return compose_html(document, template=template, draft=draft, limits=self.limits)

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Make the PDF, here and now; see the port."""
        if self._engine is None:
            from scaicontrol_adapters.pdf.engine import PdfEngine  # noqa: PLC0415 - costs seconds; only where used

            self._engine = PdfEngine(self.limits)
        return self._engine.render(html, document_key, parts)

    async def close(self) -> None:
        """Forget the warm fonts."""
        self._engine = None

"""Pages a second: bare WeasyPrint on our HTML, our engine in one process, and the pool."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import pytest
from weasyprint import HTML

from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_adapters.pdf.fetcher import AssetFetcher
from scaicontrol_adapters.pdf.fonts import font_files
from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_adapters.pdf.pool import PooledRenderer
from scaicontrol_core.testing.documents import sample_invoice
from tests.bench.measured import Measured

_DOCUMENTS = 30

# WeasyPrint leaves its colour profile's file to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore")


async def test_pages_per_second_beside_bare_weasyprint(record: Callable[[Measured], None]) -> None:
    rendered = await InlineRenderer().render_html(sample_invoice())
    pages = [rendered.html] * _DOCUMENTS

    bare = _bare(pages)
    engine = PdfEngine()
    engine.render(rendered.html, "warm")
    one = _rate(lambda: [engine.render(html, f"bench-{place}") for place, html in enumerate(pages)])

    workers = len(os.sched_getaffinity(0))
    async with PooledRenderer(workers=workers) as pool:
        await asyncio.gather(*(pool.render_pdf(rendered.html, f"warm-{place}") for place in range(workers * 2)))
        started = time.perf_counter()
        await asyncio.gather(*(pool.render_pdf(html, f"bench-{place}") for place, html in enumerate(pages * 2)))
        pooled = 2 * _DOCUMENTS / (time.perf_counter() - started)

    record(Measured("PDF/A-3b invoice, one process", one, "p/s", "bare WeasyPrint, same HTML, one process", bare, 1.0))
    record(Measured(f"PDF/A-3b invoice, pool of {workers}", pooled, "p/s", "our engine, one process", one, None))
    assert pooled > 0


def _bare(pages: list[str]) -> float:
    """WeasyPrint as its manual shows it, with our fonts within reach and the same PDF variant."""
    fetcher = AssetFetcher({font.version.sha256: font.content for font in font_files()})

    def write(html: str) -> bytes:
        document: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/a-3b", pdf_tags=True)
        return document

    write(pages[0])
    return _rate(lambda: [write(html) for html in pages])


def _rate(work: Callable[[], list[bytes]]) -> float:
    started = time.perf_counter()
    made = work()
    return len(made) / (time.perf_counter() - started)

"""The PDF of a document: the same bytes everywhere, complete, embedded, closed to the outside."""

# ruff: noqa: RUF001 - Greek names are written in Greek

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_adapters.pdf.limits import RenderingLimits, deadline
from scaicontrol_core.documents import TemplateSource
from scaicontrol_core.documents.errors import RenderingLimitExceeded
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
)

ROOT = Path(__file__).parents[3]

TOTAL_WORDS = {
    "en": "Total incl. VAT",
    "nl": "Totaal incl. btw",
    "de": "Gesamtbetrag",
    "fr": "Total TTC",
    "es": "Total con IVA",
    "it": "Totale IVA inclusa",
}
REVERSE_CHARGE_WORDS = {
    "en": "Reverse charge - Art. 196 EU VAT Directive",
    "nl": "Btw verlegd - art. 196 Btw-richtlijn",
    "de": "Steuerschuldnerschaft des Leistungsempfängers - Art. 196 MwStSystRL",
    "fr": "Autoliquidation - art. 196 directive TVA",
    "es": "Inversión del sujeto pasivo - art. 196 Directiva IVA",
    "it": "Inversione contabile - art. 196 direttiva IVA",
}


@pytest.fixture(scope="module")
def renderer() -> InlineRenderer:
    """One warm renderer for the file: loading WeasyPrint is what costs."""
    return InlineRenderer()


async def render(renderer: InlineRenderer, document: dict[str, Any], template: TemplateSource | None = None) -> bytes:
    html = (await renderer.render_html(document, template=template)).html
    return await renderer.render_pdf(html, "uploads/invoices/inv_01/rev-1.pdf")


def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def fonts_of(pdf: bytes) -> list[Any]:
    fonts: dict[str, Any] = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        fonts |= page["/Resources"]["/Font"]  # type: ignore[index]
    return [font.get_object() for font in fonts.values()]


RENDER_IN_ORDER = """
import asyncio, hashlib, sys
from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_core.testing.documents import sample_invoice, sample_reverse_charge_invoice, sample_line

documents = {
    "domestic": sample_invoice(),
    "german": sample_reverse_charge_invoice(),
    "long": sample_invoice(lines=[sample_line(n) for n in range(1, 40)], language="it"),
}

async def main():
    renderer = InlineRenderer()
    for name in sys.argv[1:]:
        html = (await renderer.render_html(documents[name])).html
        print(name, hashlib.sha256(await renderer.render_pdf(html, name)).hexdigest())

asyncio.run(main())
"""


def digests(order: list[str], hash_seed: str, zone: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RENDER_IN_ORDER, *order]
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(finished.stdout.split("\n"))


def test_the_same_document_is_the_same_bytes_in_every_interpreter() -> None:
    """Whatever the hash seed, the time zone, the clock, and what was rendered before it."""
    names = ["domestic", "german", "long"]
    assert digests(names, "1", "UTC") == digests(names[::-1], "4711", "Pacific/Auckland")


async def test_two_documents_never_share_an_identifier(renderer: InlineRenderer) -> None:
    html = (await renderer.render_html(sample_invoice())).html
    first, second = [await renderer.render_pdf(html, key) for key in ("rev-1", "rev-2")]
    assert PdfReader(io.BytesIO(first)).trailer["/ID"] != PdfReader(io.BytesIO(second)).trailer["/ID"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_customer_finds_everything_on_paper_in_their_language(renderer: InlineRenderer, language: str) -> None:
    document = sample_reverse_charge_invoice(
        language=language, lines=[sample_line(category="AE", rate_bp=0), sample_line(2, category="AE", rate_bp=0)]
    )
    [page] = pages_of(await render(renderer, document))
    wanted = [
        "SCAI-2026-000042",
        "ScaiLabs B.V.",
        "Keizersgracht 482",
        "NL868355884B01",
        "Müller & Söhne Präzisionswerkzeuge GmbH",
        "40215 Düsseldorf",
        "DE129273398",
        "ScaiKey Pro",
        "398",
        TOTAL_WORDS[language],
        REVERSE_CHARGE_WORDS[language],
        "NL91 ABNA 0417 1643 00",
        "ABNANL2A",
    ]
    assert [fact for fact in wanted if fact not in page] == []


async def test_names_in_other_scripts_are_set_in_our_own_fonts(renderer: InlineRenderer) -> None:
    buyer = {"company_name": "Αφοί Παπαδόπουλοι Α.Ε.", "address_line1": "ul. Żółkiewskiego 5", "city": "Пловдив"}
    pdf = await render(renderer, sample_invoice(buyer=buyer))
    [page] = pages_of(pdf)
    assert all(text in page for text in ("Αφοί Παπαδόπουλοι Α.Ε.", "Żółkiewskiego", "Пловдив"))
    assert {str(font["/BaseFont"]).partition("+")[2] for font in fonts_of(pdf)} <= {
        "ScaiControl-Sans",
        "ScaiControl-Sans-Semi-Bold",
        "ScaiControl-Sans-Bold",
    }


async def test_every_font_is_embedded(renderer: InlineRenderer) -> None:
    fonts = fonts_of(await render(renderer, sample_invoice()))
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor


async def test_the_pdf_is_an_archive_copy_that_can_be_read_aloud(renderer: InlineRenderer) -> None:
    pdf = PdfReader(io.BytesIO(await render(renderer, sample_reverse_charge_invoice())))
    catalog: Any = pdf.trailer["/Root"]
    xmp = catalog["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfaid:conformance="B"' in xmp
    assert catalog["/OutputIntents"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "de"


async def test_metadata_speaks_of_the_document_and_not_of_the_moment(renderer: InlineRenderer) -> None:
    metadata = PdfReader(io.BytesIO(await render(renderer, sample_credit_note(language="en")))).metadata
    assert metadata is not None
    assert metadata.title == "Credit note SCAI-CN-2026-000003 · ScaiLabs"
    assert metadata.author == "ScaiLabs B.V."
    assert str(metadata["/CreationDate"]).startswith("D:20260131")


async def test_a_template_reaches_neither_files_nor_the_network(renderer: InlineRenderer, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of the house")
    listener = Listener()
    remote = f"http://127.0.0.1:{listener.port}/beacon.png"
    template = TemplateSource(
        "curious",
        f'<p>Factuur</p><img src="{secret.as_uri()}" alt=""><img src="{remote}" alt="">'
        f'<object data="{secret.as_uri()}"></object><embed src="/etc/passwd"><img src="../../../etc/passwd" alt="">'
        f'<link rel="stylesheet" href="{remote}"><link rel="attachment" href="{secret.as_uri()}">'
        f'<a rel="attachment" href="file:///etc/passwd">all</a>',
        f"@import url({remote}); @import url({secret.as_uri()});"
        f"@font-face {{ font-family: x; src: local('DejaVu Sans'), url({secret.as_uri()}), url({remote}) }}"
        f"p {{ font-family: x; background: url({remote}); list-style-image: url({secret.as_uri()}) }}",
    )
    with listener:
        pdf = await render(renderer, sample_invoice(), template)
    reader = PdfReader(io.BytesIO(pdf))
    assert listener.connections == 0
    assert "Factuur" in pages_of(pdf)[0]
    assert not reader.attachments
    everything = b"".join(value.get_data() for value in streams_of(reader))
    assert b"the secret of the house" not in everything
    assert b"root:" not in everything


async def test_a_picture_in_the_document_itself_is_shown(renderer: InlineRenderer) -> None:
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='100%' height='100%' viewBox='0 0 4 1'>"
        "<rect width='4' height='1' fill='red'/></svg>"
    )
    logo_url = f"data:image/svg+xml,{quote(drawing)}"
    logo = await render(renderer, sample_invoice(seller={"logo_url": logo_url}))
    assert b"1 0 0 rg" in b"".join(value.get_data() for value in streams_of(PdfReader(io.BytesIO(logo))))


@pytest.mark.parametrize("count", range(8, 24, 2))
async def test_totals_never_stand_without_the_last_lines(renderer: InlineRenderer, count: int) -> None:
    lines = [sample_line(number, description=f"Dienst nummer {number}.") for number in range(1, count + 1)]
    pages = pages_of(await render(renderer, sample_invoice(lines=lines)))
    [with_totals] = [page for page in pages if "Totaal incl. btw" in page]
    assert f"Dienst nummer {count}." in with_totals
    assert f"Dienst nummer {count - 1}." in with_totals


async def test_a_long_invoice_repeats_its_heads_and_counts_its_pages(renderer: InlineRenderer) -> None:
    lines = [
        sample_line(number, description=f"Post {number:02}." + " Een lange omschrijving" * (number % 7))
        for number in range(1, 61)
    ]
    pages = pages_of(await render(renderer, sample_invoice(lines=lines)))
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"Pagina {number} van {len(pages)}" in page
        assert "SCAI-2026-000042" in page
        assert ("Post" in page) == ("Omschrijving" in page)
    shown = " ".join(pages)
    for number in range(1, 61):  # each line whole, on one page: its text and its period together
        text = f"Post {number:02}." + " Een lange omschrijving" * (number % 7) + "15 jan"
        assert text.replace(" ", "") in shown.replace(" ", "").replace("\u2009", "")


async def test_a_rendering_that_takes_too_long_is_stopped_and_the_next_one_works() -> None:
    hasty = InlineRenderer(RenderingLimits(pdf_seconds=1))
    short = (await hasty.render_html(sample_invoice())).html
    await hasty.render_pdf(short, "warm-up")
    many = sample_invoice(lines=[sample_line(number) for number in range(1, 4000)])
    with pytest.raises(RenderingLimitExceeded):
        await hasty.render_pdf((await hasty.render_html(many)).html, "endless")
    assert (await hasty.render_pdf(short, "next")).startswith(b"%PDF-1.7")


def streams_of(reader: PdfReader) -> list[Any]:
    objects = [reader.get_object(number) for number in range(1, int(reader.trailer["/Size"]))]  # type: ignore[call-overload]
    return [value for value in objects if hasattr(value, "get_data")]


class Listener:
    """A server that counts who comes by, in a thread of its own: rendering blocks this one."""

    def __init__(self) -> None:
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._count)

    def _count(self) -> None:
        while True:
            visitor, _ = self._server.accept()
            with visitor:
                if visitor.recv(4) == b"done":
                    return
            self.connections += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as farewell:
            farewell.sendall(b"done")
        self._thread.join()
        self._server.close()


def deaf() -> None:
    """Swallow what is raised in here, as finalizers and the callbacks of C libraries do; then go on for ever."""
    with suppress(BaseException):
        while True:
            pass
    while True:
        pass


def test_an_alarm_that_nobody_hears_rings_again() -> None:
    with pytest.raises(RenderingLimitExceeded), deadline(1, "The page"):
        deaf()

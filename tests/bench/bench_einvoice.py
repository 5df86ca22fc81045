"""E-invoices a second: each syntax beside lxml serializing the finished tree, hybrids beside plain PDFs."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from lxml import etree

from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import XmlEInvoices, einvoice_xml
from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_core.documents.einvoicing import write_einvoice
from scaicontrol_core.documents.ports import PdfParts
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import Treatment, matrix_document
from scaicontrol_core.testing.documents import sample_invoice, sample_line
from tests.bench.measured import Measured

_SECONDS = 1.0
_LINES = 10
_SERIALIZED = "lxml serializing the same tree, built in advance"

# WeasyPrint leaves its colour profile's file to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore")

#: Ten lines with periods, complete for every format.
DOCUMENT = sample_invoice(
    lines=[sample_line(number) for number in range(1, _LINES + 1)],
    buyer=matrix_document(Treatment.STANDARD)["buyer"],
)


@pytest.mark.parametrize("einvoice_format", [EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII])
def test_documents_written_per_second(record: Callable[[Measured], None], einvoice_format: EInvoiceFormat) -> None:
    tree = etree.fromstring(einvoice_xml(DOCUMENT, einvoice_format))
    written = _rate(lambda: einvoice_xml(DOCUMENT, einvoice_format))
    serialized = _rate(lambda: etree.tostring(tree, xml_declaration=True, encoding="UTF-8"))
    what = f"{einvoice_format.value}, {_LINES} lines, from the frozen document"
    record(Measured(what, written, "/s", _SERIALIZED, serialized))
    assert written > 0


def test_documents_judged_per_second(record: Callable[[Measured], None]) -> None:
    for einvoice_format in (EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII):
        xml = einvoice_xml(DOCUMENT, einvoice_format)
        judged = _rate(lambda xml=xml: validate_xml(xml))  # type: ignore[misc]
        parsed = _rate(lambda xml=xml: etree.fromstring(xml))  # type: ignore[misc]
        what = f"{einvoice_format.value}, {_LINES} lines, all rules"
        record(Measured(what, judged, "/s", "lxml parsing the same", parsed))


def test_hybrids_per_second(record: Callable[[Measured], None]) -> None:
    engine, html = PdfEngine(), compose_html(DOCUMENT).html

    def hybrid() -> bytes:
        einvoice = write_einvoice(DOCUMENT, EInvoiceFormat.ZUGFERD, XmlEInvoices())
        return engine.render(html, "bench", PdfParts(einvoice=einvoice.attachment if einvoice else None))

    made = _rate(hybrid, seconds=4)
    plain = _rate(lambda: engine.render(html, "bench"), seconds=4)
    record(Measured("zugferd, PDF and XML, one process", made, "/s", "the same PDF without XML", plain, 0.9))


def _rate(work: Callable[[], object], seconds: float = _SECONDS) -> float:
    work()
    count, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        work()
        count += 1
    return count / passed

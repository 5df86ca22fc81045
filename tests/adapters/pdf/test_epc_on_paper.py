"""The QR code on the page says what the transfer needs: read back from the picture of the page."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest
import zxingcpp

from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_core.documents.page_format import PageFormat
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_line


def codes(engine: PdfEngine, document: dict[str, Any], page_format: PageFormat = PageFormat.A4) -> list[str]:
    """Return what a phone held over the printed pages reads."""
    pdf = pypdfium2.PdfDocument(engine.render(compose_html(document, page_format=page_format).html, "code"))
    pictures = [page.render(scale=200 / 72).to_pil() for page in pdf]
    return [found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("page_format", PageFormat)
def test_a_phone_reads_the_transfer_from_the_page(engine: PdfEngine, page_format: PageFormat) -> None:
    lines = ["BCD", "002", "1", "SCT", "ABNANL2A", "ScaiLabs B.V.", "NL91ABNA0417164300", "EUR240.79"]
    assert codes(engine, sample_invoice(), page_format) == ["\n".join([*lines, "", "RF09SCAI2026000042"])]


def test_the_largest_code_is_still_read(engine: PdfEngine) -> None:
    holder = "Überörtliche Wohnungsbaugenossenschaft für Groß- und Außenhandel eG äö"
    document = sample_invoice(
        seller={"account_holder": holder}, creditor_reference=None, payment_reference="SCAI-2026-000042 " + "x" * 123
    )
    (read,) = codes(engine, document)
    assert read.split("\n")[5] == holder
    assert read.split("\n")[-1] == document["payment_reference"]


@pytest.mark.parametrize(
    "document",
    [
        sample_credit_note(),
        sample_invoice(currency="USD", creditor_reference=None),
        sample_invoice(seller={"iban": None}, creditor_reference=None),
        sample_invoice(lines=[sample_line(net_cents=0, tax_cents=0, unit_price_cents="0")]),
    ],
)
def test_what_nobody_transfers_in_euros_has_no_code(engine: PdfEngine, document: dict[str, Any]) -> None:
    assert codes(engine, document) == []


def test_nobody_is_asked_to_pay_a_draft() -> None:
    draft = {"number": None, "issue_date": None, "due_date": None, "payment_reference": None}
    html = compose_html(sample_invoice(**draft), draft=True).html
    assert "data:image/svg+xml" not in html
    assert "Proformafactuur" in html

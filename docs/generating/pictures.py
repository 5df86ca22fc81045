"""Draw the pictures of documents in ``docs/images``: ``make pictures``, by hand after a change of their look.

Small on purpose: a palette is enough for paper.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdfium2
from attrs import frozen

from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_adapters.pdf.svg import clean_svg
from scaicontrol_core.documents.page_format import PageFormat
from scaicontrol_core.documents.ports import PdfParts
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
    sample_statement,
)

IMAGES = Path(__file__).parents[1] / "images"
_DOTS_PER_INCH = 96
_COLORS = 128
_MOST_BYTES = 120_000

_USAGE: dict[str, Any] = {"unit_code": "C62", "period_start": None, "period_end": None}
_LINES = (
    sample_line(1),
    sample_line(2, description="Onboarding", quantity="3.5", unit_code="HUR", unit_price_cents="9500", net_cents=33250),
    sample_line(
        3, description="API requests", quantity="1250000", unit_price_cents="80", price_divisor=1000, net_cents=100000,
        **_USAGE,
    ),
    sample_line(4, description="Handbook", quantity="2", unit_price_cents="2450", net_cents=4900, rate_bp=900)
    | _USAGE
    | {"unit_code": "H87"},
    sample_line(5, description="Introductory discount", quantity="-1", unit_price_cents="5000", net_cents=-5000),
)  # fmt: skip
_ABROAD = {"category": "AE", "rate_bp": 0, "tax_cents": 0}
_GERMAN = (
    sample_line(1, **_ABROAD),
    sample_line(2, description="ScaiVault Team", quantity="12", unit_price_cents="850", net_cents=10200, **_ABROAD),
    sample_line(
        3, description="Einrichtung", quantity="6.5", unit_code="HUR", unit_price_cents="9500", net_cents=61750,
        **_ABROAD,
    ),
)  # fmt: skip
_NOT_YET = ("number", "issue_date", "due_date", "payment_reference", "creditor_reference")
_DRAFT: dict[str, Any] = dict.fromkeys(_NOT_YET)


_LOGO, *_ = clean_svg(
    b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 148 34">
    <g fill="#b4235a"><path d="M17 1l16 16-16 16L1 17z"/></g><path d="M17 9l8 8-8 8-8-8z" fill="#fff"/>
    <g fill="none" stroke="#3a1022" stroke-width="4.6"><path d="M45 9v16h10"/><circle cx="70" cy="17" r="7.5"/>
    <path d="M86 27V9l14 16V7"/><path d="M121 9h-11v16h11M110 17h9"/><path d="M131 9l12 16M143 9l-12 16"/></g></svg>"""
)
_ASSETS = {sha256(_LOGO).hexdigest(): _LOGO}
_BRAND = {"brand_color": "#b4235a", "logo_url": f"asset:{next(iter(_ASSETS))}/logo.svg"}


@frozen
class Picture:
    """One page of a document."""

    document: dict[str, Any]
    page: int = 1
    draft: bool = False
    page_format: PageFormat = PageFormat.A4


PICTURES = {
    "invoice": Picture(sample_reverse_charge_invoice(lines=_GERMAN)),
    "invoice-domestic": Picture(sample_invoice(lines=_LINES, language="en")),
    "credit-note": Picture(sample_credit_note(language="en")),
    "invoice-many-lines": Picture(
        sample_invoice(lines=[sample_line(place) for place in range(1, 31)], language="fr"), page=2
    ),
    "proforma": Picture(sample_invoice(lines=_LINES, language="en", **_DRAFT), draft=True),
    "statement": Picture(sample_statement(language="en")),
    "invoice-a5": Picture(
        sample_invoice(lines=_LINES[:3], language="it", seller={"brand_color": "#b4235a"}), page_format=PageFormat.A5
    ),
    "invoice-branded": Picture(sample_invoice(lines=_LINES[:4], language="en", seller=_BRAND)),
}


def draw(engine: PdfEngine, name: str, picture: Picture) -> None:
    """Render the page and keep it as a PNG; raises ``ValueError`` where it grew too large for a repository."""
    html = compose_html(picture.document, draft=picture.draft, page_format=picture.page_format).html
    page = pypdfium2.PdfDocument(engine.render(html, name, PdfParts(assets=_ASSETS)))[picture.page - 1]
    path = IMAGES / f"{name}.png"
    page.render(scale=_DOTS_PER_INCH / 72).to_pil().convert("RGB").quantize(_COLORS).save(path, optimize=True)
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes")


def main() -> None:
    """Draw them all."""
    engine = PdfEngine()
    for name, picture in PICTURES.items():
        draw(engine, name, picture)


if __name__ == "__main__":
    main()

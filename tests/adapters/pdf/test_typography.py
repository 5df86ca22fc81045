"""What a typographer looks for: columns in line, names apart from prose, nothing parted that belongs together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_core.documents.page_format import PageFormat
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
    sample_statement,
)

Sheets = Callable[..., list[Any]]
LONG_NAME = "Vereinigte Internationale Softwareentwicklungs- und Beratungsgesellschaft mbH & Co. KG"


def test_quantities_end_on_one_line_whatever_they_are_counted_in(sheets: Sheets) -> None:
    shown = [
        sample_line(1),
        sample_line(2, quantity="3.5", unit_code="HUR"),
        sample_line(3, quantity="1250000", unit_code="C62"),
        sample_line(4, quantity="-1", unit_code="H87"),
    ]
    (page,) = sheets(sample_invoice(lines=shown, language="en"))
    ends = [next(word.right for word in page.words if word.text == text) for text in ("3.5", "1,250,000", "−1")]
    assert max(ends) - min(ends) < 0.6
    heading = next(word for word in page.words if word.text == "Quantity")
    assert abs(heading.right - ends[0]) < 1


def test_what_is_taken_off_has_a_minus_and_no_hyphen(sheets: Sheets) -> None:
    (page,) = sheets(sample_credit_note())
    amounts = [word.text for word in page.words if re.search(r"\d,\d\d$", word.text)]
    assert len([amount for amount in amounts if amount.startswith("−")]) == 6
    assert not [word.text for word in page.words if re.match(r"-[€\d]", word.text)]


def test_only_what_a_line_is_called_stands_out(engine: PdfEngine) -> None:
    document = sample_invoice(
        lines=[
            sample_line(1, description="Hosting\nTwo servers in Utrecht"),
            sample_line(2, description="Whatever was agreed upon. " * 8),
        ]
    )
    html = compose_html(document).html
    assert '<span class="description">Hosting</span> <span class="prose">Two servers in Utrecht</span>' in html
    assert '<span class="prose">Whatever was' in html


@pytest.mark.parametrize("page_format", PageFormat)
def test_columns_begin_where_those_above_them_begin(sheets: Sheets, page_format: PageFormat) -> None:
    """The sender stands above the facts, the account's details above one another."""
    (page,) = sheets(sample_invoice(language="en"), page_format=page_format)

    def left(text: str) -> float:
        found: float = next(word.left for word in page.words if word.text == text)
        return found

    sender = next(word for word in page.words if word.text == "Keizersgracht" and word.left > page.width / 2)
    facts = next(word for word in page.words if word.text == "Customer")
    assert abs(sender.left - facts.left) < 0.6
    assert abs(left("ABNANL2A") - left("RF09")) < 0.6


def test_a_name_of_several_lines_hangs_beside_its_mark(sheets: Sheets) -> None:
    pages = sheets(sample_invoice(seller={"trading_name": None, "legal_name": LONG_NAME}))
    names = [word for word in pages[0].words if word.text in ("Vereinigte", "Beratungsgesellschaft")][:2]
    assert abs(names[0].left - names[1].left) < 0.6


def test_the_country_is_written_as_the_post_reads_it(sheets: Sheets) -> None:
    """Universal Postal Union, S42: the country last, in capitals, and only where the letter leaves its own."""
    (page,) = sheets(sample_reverse_charge_invoice())
    assert "40215 Düsseldorf DEUTSCHLAND" in page.text
    (page,) = sheets(sample_invoice())
    assert "NEDERLAND" not in page.text


def test_a_rate_looks_the_same_wherever_it_stands(sheets: Sheets) -> None:
    shown = [sample_line(1), sample_line(2, rate_bp=550)]
    (page,) = sheets(sample_invoice(lines=shown))
    assert "Btw 21% " in page.text
    assert "Btw 5,5% " in page.text


@pytest.mark.parametrize("page_format", PageFormat)
def test_five_lines_and_their_payment_stand_on_one_page(sheets: Sheets, page_format: PageFormat) -> None:
    five = [sample_line(place) for place in range(1, 6)]
    assert len(sheets(sample_invoice(lines=five, language="en"), page_format=page_format)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_period_shows_the_day_it_was_supplied(sheets: Sheets, language: str) -> None:
    """Directive 2006/112/EC art. 226 (7): where that day is another than the day of issue."""
    once = {"period_start": None, "period_end": None}
    shown = [sample_line(1, supply_date="2026-01-12", **once), sample_line(2, supply_date="2026-01-31", **once)]
    (page,) = sheets(sample_invoice(lines=shown, language=language, period_start=None, period_end=None))
    assert re.search(r"\b12\b", page.text)
    assert page.text.count("31") == sheets(sample_invoice(lines=shown[1:], language=language))[0].text.count("31")


def test_a_number_is_never_parted_at_its_hyphens(sheets: Sheets) -> None:
    number = "SCAI-CN-NL-NORTH-2026-000003"
    for page_format in PageFormat:
        (page, *_) = sheets(sample_statement(language="de", number=number), page_format=page_format)
        assert page.text.count("SCAI-CN-2026-000003") == 1
        document = sample_invoice(language="de", number=number, payment_reference=number, creditor_reference=None)
        shown = " ".join(each.text for each in sheets(document, page_format=page_format))
        assert shown.count(number) == sum(word.startswith(number) for word in shown.split())
        assert re.search(rf"unter Angabe von {number}\.", shown)

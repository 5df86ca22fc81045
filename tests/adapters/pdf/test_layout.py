"""How documents look: amounts in line, heads repeated, totals with their lines, nothing over the edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from typing import Any
from urllib.parse import quote

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
MM = 72 / 25.4
SIZES = {PageFormat.A4: (210, 297), PageFormat.LETTER: (215.9, 279.4), PageFormat.A5: (148, 210)}
LONG_NAME = "Vereinigte Internationale Softwareentwicklungs- und Beratungsgesellschaft mbH & Co. KG"
DRAFT: dict[str, Any] = {
    "number": None,
    "issue_date": None,
    "due_date": None,
    "payment_reference": None,
    "creditor_reference": None,
}
FOREIGN: dict[str, Any] = {
    "currency": "USD",
    "creditor_reference": None,
    "vat_accounting": {
        "currency": "EUR",
        "rate": "1.0834",
        "rate_date": "2026-01-30",
        "source": "ECB",
        "net_cents": 18368,
        "tax_cents": 3857,
        "gross_cents": 22225,
        "entries": [{"taxable_cents": 18368, "amount_cents": 3857}],
    },
}


def lines(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Return lines that can be told apart."""
    return [sample_line(place, **({"description": f"Post-{place:03}"} | changes)) for place in range(1, count + 1)]


def stuffed(**changes: Any) -> dict[str, Any]:
    """Return a document in which everything is as long as people make it."""
    huge = sample_line(
        1,
        description="Wort" * 50,
        quantity="123456789.123456789",
        unit_price_cents="9999999.123456789",
        net_cents=99_999_999_999,
        tax_cents=21_000_000_000,
    )
    facts = {
        "lines": [huge, sample_line(2, description="Langer Text, der nicht endet. " * 30)],
        "seller": {"legal_name": LONG_NAME, "trading_name": None, "footer_text": "Erste Zeile\n" + "Danke! " * 90},
        "buyer": {
            "company_name": f"{LONG_NAME} und Partner",
            "address_line1": "Straße der Deutsch-Sowjetischen Freundschaft 128, Hinterhaus, Aufgang C",
            "address_line2": "z. Hd. Frau Dr. Annegret Schmidt-Wittgenstein",
            "external_reference": "KUNDE-" + "9" * 60,
        },
        "buyer_reference": "PO-" + "1234567890" * 8,
        "notes": "Eine Notiz. " * 200,
    }
    return sample_invoice(**(facts | changes))


def assert_tidy(sheet: Any, *, edge: float = 8) -> None:
    """Nothing within ``edge`` millimetres of the paper's edge, and no word over another."""
    outside = [
        word
        for word in sheet.words
        if word.left < edge * MM or word.right > sheet.width - edge * MM or word.top < edge * MM
        or word.bottom > sheet.height - 4 * MM
    ]  # fmt: skip
    assert outside == []
    assert [(one.text, other.text) for one, other in combinations(sheet.words, 2) if one.covers(other)] == []


@pytest.mark.parametrize("count", [1, 2, 12, 13, 14, 15, 16, 40, 200])
def test_every_line_is_whole_and_the_totals_stand_below_the_last(sheets: Sheets, count: int) -> None:
    pages = sheets(sample_invoice(lines=lines(count)))
    for place, page in enumerate(pages, 1):
        assert f"Pagina {place} van {len(pages)}" in page.text
        assert ("Post-" in page.text) == ("Omschrijving" in page.text)
    shown = [re.findall(r"Post-(\d{3})", page.text) for page in pages]
    assert [int(number) for page in shown for number in page] == list(range(1, count + 1))
    (closing,) = [page for page in pages if "Totaal incl. btw" in page.text]
    assert f"Post-{count:03}" in closing.text
    assert "NL91 ABNA 0417 1643 00" in " ".join(page.text for page in pages[-1:])


@pytest.mark.parametrize("count", range(9, 15))
def test_on_half_the_paper_too(sheets: Sheets, count: int) -> None:
    pages = sheets(sample_invoice(lines=lines(count)), page_format=PageFormat.A5)
    (closing,) = [page for page in pages if "Totaal incl. btw" in page.text]
    assert f"Post-{count:03}" in closing.text
    for page in pages:
        assert_tidy(page)


def test_amounts_end_on_one_line_down_the_page(sheets: Sheets) -> None:
    shown = [
        sample_line(1, net_cents=5, tax_cents=1, unit_price_cents="5"),
        sample_line(2, net_cents=1_234_567_89, tax_cents=25_925_926, unit_price_cents="123456789"),
        sample_line(3, net_cents=-2500, tax_cents=-525, quantity="-1", unit_price_cents="2500"),
    ]
    for language in ("nl", "en"):
        (page,) = sheets(sample_invoice(lines=shown, language=language))
        edge = page.width - 18 * MM
        ends = [word for word in page.words if abs(word.right - edge) < 4 and re.search(r"\d[.,]\d\d$", word.text)]
        assert len(ends) >= 7  # three lines, net, VAT, gross, and the amount asked for
        assert max(word.right for word in ends) - min(word.right for word in ends) < 0.6


@pytest.mark.parametrize("page_format", PageFormat)
def test_the_paper_has_the_size_it_should_have(sheets: Sheets, page_format: PageFormat) -> None:
    (page,) = sheets(sample_invoice(), page_format=page_format)
    assert (round(page.width / MM, 1), round(page.height / MM, 1)) == SIZES[page_format]


def test_american_sellers_write_on_letter(sheets: Sheets) -> None:
    (page,) = sheets(sample_invoice(seller={"country_code": "US"}))
    assert round(page.width / MM, 1) == 215.9


def test_the_address_shows_in_the_window_of_an_envelope(sheets: Sheets) -> None:
    """DIN 5008 form B: 20 to 105 mm from the left, 45 to 90 mm from the top."""
    (page,) = sheets(sample_invoice())
    for part in ("Korenaar", "Oudegracht", "3511", "Utrecht"):
        word = next(word for word in page.words if word.text == part)
        assert 20 * MM < word.left < word.right < 105 * MM
        assert 45 * MM < word.top < word.bottom < 90 * MM


@pytest.mark.parametrize(
    ("language", "page_format"),
    [*((language, PageFormat.A4) for language in LANGUAGES), ("de", PageFormat.A5), ("fr", PageFormat.LETTER)],
)
def test_nothing_runs_over_the_edge_or_into_another(sheets: Sheets, language: str, page_format: PageFormat) -> None:
    for document in (stuffed(language=language), sample_reverse_charge_invoice(language=language)):
        pages = sheets(document, page_format=page_format)
        for page in pages:
            assert_tidy(page)
        words = "".join(page.text for page in pages).replace(" ", "")
        assert "NL91ABNA0417164300" in words
        assert document["number"] in pages[-1].text


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "199.000"), ("KWD", "19,900"), ("CHF", "199,00")])
def test_every_currency_has_its_own_decimals(sheets: Sheets, currency: str, amount: str) -> None:
    net = 199_000 if currency == "JPY" else 19_900
    line = sample_line(unit_price_cents=str(net), net_cents=net)
    (page,) = sheets(sample_invoice(lines=[line], currency=currency, creditor_reference=None))
    assert amount in page.text
    assert_tidy(page)


def test_vat_in_the_sellers_currency_names_the_rate_and_its_day(sheets: Sheets) -> None:
    """Directive 2006/112/EC art. 91 and 230."""
    (page,) = sheets(sample_invoice(language="en", **FOREIGN))
    assert "VAT in EUR €38.57" in page.text
    assert "1 EUR = 1.0834 USD, ECB reference rate of 30 January 2026" in page.text
    assert_tidy(page)


def test_a_credit_note_names_its_invoice_its_reason_and_what_becomes_of_it(sheets: Sheets) -> None:
    (page,) = sheets(sample_credit_note(language="en"))
    for words in (
        "Credit note SCAI-CN-2026-000003",
        "Corrects invoice SCAI-2026-000042",
        "Invoice dated 31 January 2026",
        "Reason: Cancelled within the month",
        "Line 1 of the invoice",
        "Amount credited €240.79",
        "set this amount off",
    ):
        assert words in page.text
    assert "Please transfer" not in page.text
    assert_tidy(page)


def test_a_draft_says_so_across_every_page(sheets: Sheets, engine: PdfEngine) -> None:
    document = sample_invoice(lines=lines(30), **DRAFT)
    pages = sheets(document, draft=True)
    assert len(pages) > 1
    written = pypdfium2.PdfDocument(engine.render(compose_html(document, draft=True).html, "draft"))
    assert len(written) == len(pages)
    for page in written:
        assert "Concept" in page.get_textpage().get_text_range().split()
    assert "Proformafactuur Concept: geen factuur voor de btw" in pages[0].text
    assert "ABNA 0417 1643 00 Ten name van" not in pages[-1].text


def test_a_brand_too_light_to_read_colours_no_words(sheets: Sheets) -> None:
    for color in ("#ffee00", "#0b0b0b", "#c2185b"):
        (page,) = sheets(sample_invoice(seller={"brand_color": color}))
        assert_tidy(page)


LOGOS = {
    "wide": "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='60'><rect width='900' height='60'/></svg>",
    "tall": "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='900'><rect width='60' height='900'/></svg>",
    "boundless": "<svg xmlns='http://www.w3.org/2000/svg' width='100%' height='100%' viewBox='0 0 4 1'><rect/></svg>",
}


@pytest.mark.parametrize("shape", LOGOS)
def test_a_logo_takes_the_place_of_the_name_and_no_more(sheets: Sheets, shape: str) -> None:
    logo = f"data:image/svg+xml,{quote(LOGOS[shape])}"
    (page,) = sheets(sample_invoice(seller={"logo_url": logo}))
    assert not page.text.startswith("ScaiLabs ScaiLabs")
    window = next(word for word in page.words if word.text == "Korenaar")
    assert 45 * MM < window.top < 55 * MM
    assert_tidy(page)


texts = st.text(st.characters(codec="latin-1", categories=("L", "N", "P", "Zs")), min_size=1, max_size=160)
random_lines = st.lists(
    st.builds(
        lambda text, cents, rate: {"description": text, "net_cents": cents, "rate_bp": rate},
        texts,
        st.integers(-(10**8), 10**10),
        st.sampled_from([0, 900, 2100]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=random_lines, name=texts, notes=st.none() | texts, page_format=st.sampled_from(PageFormat))
def test_whatever_is_sold_to_whom_the_page_stays_tidy(
    sheets: Sheets, facts: list[dict[str, Any]], name: str, notes: str | None, page_format: PageFormat
) -> None:
    shown = [sample_line(place, unit_price_cents=str(line["net_cents"]), **line) for place, line in enumerate(facts, 1)]
    document = sample_invoice(lines=shown, buyer={"company_name": name}, notes=notes)
    pages = sheets(document, page_format=page_format)
    for page in pages:
        assert_tidy(page)
    assert sum("Totaal incl. btw" in page.text for page in pages) == 1


@pytest.mark.parametrize("count", [1, 17, 18, 19, 60])
def test_a_long_account_repeats_its_heads_and_closes_below_its_last_entry(sheets: Sheets, count: int) -> None:
    sample = sample_statement(language="en")
    (account,) = sample["accounts"]
    entries = [account["entries"][0] | {"number": f"NR-{place:03}"} for place in range(1, count + 1)]
    pages = sheets(sample | {"accounts": [account | {"entries": entries}]})
    assert sum(page.text.count("NR-") for page in pages) == count
    assert all("Credited or paid" in page.text for page in pages if "NR-" in page.text)
    (closing,) = [page for page in pages if re.search(r"31 Mar 2026 Closing balance", page.text)]
    assert f"NR-{count:03}" in closing.text
    for page in pages:
        assert_tidy(page)

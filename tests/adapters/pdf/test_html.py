"""The HTML of a document: its words, its figures, and what a template may not do."""

from __future__ import annotations

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.filters import filters_for
from scaicontrol_adapters.pdf.limits import RenderingLimits
from scaicontrol_core.documents import TemplateSource
from scaicontrol_core.documents.context import DateSpan, PriceContext
from scaicontrol_core.documents.errors import DocumentUnreadable, RenderingLimitExceeded, TemplateRejected
from scaicontrol_core.kernel.errors import ErrorKind
from scaicontrol_core.kernel.money import Money
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "documents"
DAY = date(2026, 1, 31)


def text_of(html: str) -> str:
    """Return what a reader sees: no styles, no tags, single blanks."""
    body = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&amp;", "&").replace("&#39;", "'").split())


def write_with(template: str, **changes: Any) -> str:
    source = TemplateSource("our invoice", template)
    return compose_html(sample_invoice(**changes), template=source, limits=RenderingLimits(template_seconds=1)).html


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("domestic_nl", sample_invoice()),
        ("reverse_charge_de", sample_reverse_charge_invoice()),
        ("credit_note_fr", sample_credit_note(language="fr")),
    ],
)
def test_a_document_reads_as_it_always_did(name: str, document: dict[str, Any]) -> None:
    """The golden page; ``UPDATE_GOLDEN=1`` writes it anew after a change that is meant."""
    html = re.sub(
        r'<style id="document-style">.*?</style>', "<style></style>", compose_html(document).html, flags=re.DOTALL
    )
    golden = GOLDEN / f"{name}.html"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(html, "utf-8")
    assert html == golden.read_text("utf-8")


def test_a_snapshot_says_what_it_was_made_with() -> None:
    rendered = compose_html(sample_invoice())
    assert "weasyprint/" in rendered.renderer
    assert rendered.template == "built-in/invoice"
    for font in rendered.fonts:
        assert f"asset:{font.sha256}/{font.name}" in rendered.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_law_asks_for_is_on_the_page_in_every_language(language: str) -> None:
    """Directive 2006/112/EC art. 226: number, dates, parties, VAT ids, lines, rate, amounts."""
    shown = text_of(compose_html(sample_reverse_charge_invoice(language=language)).html)
    wanted = ["SCAI-2026-000042", "ScaiLabs B.V.", "NL868355884B01", "Müller & Söhne", "DE129273398", "ScaiKey Pro"]
    assert [fact for fact in wanted if fact not in shown] == []


def test_text_from_customers_stays_text() -> None:
    html = compose_html(sample_invoice(buyer={"company_name": "<script>alert(1)</script> & Zn"})).html
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Zn" in html


def test_notes_and_references_appear_when_there_are_any() -> None:
    shown = text_of(compose_html(sample_invoice(notes="Bedankt!", buyer_reference="PO-4500")).html)
    assert "Opmerkingen Bedankt!" in shown
    assert "Uw referentie PO-4500" in shown
    assert "Opmerkingen" not in text_of(compose_html(sample_invoice()).html)


def test_what_was_paid_already_is_taken_off() -> None:
    totals = {
        "net_cents": 19900,
        "tax_cents": 4179,
        "gross_cents": 24079,
        "prepaid_cents": 10000,
        "payable_cents": 14079,
    }
    shown = text_of(compose_html(sample_invoice(totals=totals)).html)
    assert "Reeds voldaan € −100,00 Te betalen € 140,79" in shown


def test_a_draft_says_that_it_is_one() -> None:
    draft = compose_html(
        sample_invoice(number=None, issue_date=None, due_date=None, payment_reference=None), draft=True
    )
    assert "Concept: geen factuur voor de btw" in text_of(draft.html)


def test_an_unreadable_document_is_refused_before_any_template_runs() -> None:
    with pytest.raises(DocumentUnreadable):
        compose_html({})


@pytest.mark.parametrize(
    ("language", "amount", "day", "share"),
    [
        ("en", "−€1,234.50", "31 January 2026", "20.5%"),
        ("nl", "€ −1.234,50", "31 januari 2026", "20,5%"),
        ("de", "−1.234,50 €", "31. Januar 2026", "20,5 %"),
        ("fr", "−1 234,50 €", "31 janvier 2026", "20,5 %"),
        ("es", "−1.234,50 €", "31 de enero de 2026", "20,5 %"),
        ("it", "−1.234,50 €", "31 gennaio 2026", "20,5%"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(language: str, amount: str, day: str, share: str) -> None:
    filters = filters_for(language)
    written = [filters["money"](Money(-123450, "EUR")), filters["date"](DAY), filters["percent"](Decimal("20.5"))]
    assert [re.sub(r"\s", " ", text) for text in written] == [amount, day, share]


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("199", "EUR", "€ 199,00"),
        ("0.0008", "EUR", "€ 0,0008"),
        ("1234.5", "JPY", "JP¥ 1.234,5"),
        ("0.1", "KWD", "KWD 0,100"),
    ],
)
def test_a_unit_price_shows_all_its_decimals_and_never_fewer_than_its_currency(
    amount: str, currency: str, written: str
) -> None:
    price = PriceContext(Decimal(amount), currency, 1)
    assert filters_for("nl")["money"](price).replace("\xa0", " ") == written


def test_a_price_per_thousand_says_so() -> None:
    usage = sample_line(quantity="250000", unit_code="C62", unit_price_cents="80", price_divisor=1000)
    assert "250.000 € 0,80 per 1.000" in text_of(compose_html(sample_invoice(lines=[usage])).html).replace("\xa0", " ")


def test_a_span_of_days_names_what_differs() -> None:
    span = DateSpan(date(2026, 1, 15), date(2026, 2, 14))
    assert filters_for("en")["span"](span).replace("\u2009", " ") == "15 Jan \N{EN DASH} 14 Feb 2026"


def test_an_operators_template_sees_the_whole_context() -> None:
    html = write_with("<h1>{{ document.number }}</h1>{% for line in line_items %}{{ line.net|money }}{% endfor %}")
    assert "<h1>SCAI-2026-000042</h1>" in html
    assert "199,00" in html


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("<p>\n{{ document.numbr }}</p>", 2),
        ("{{ nobody }}", 1),
        ("\n\n{% if %}", 3),
        ("{{ totals.net|euros }}", 1),
        ("{% include '/etc/passwd' %}", 1),
        ("{% include '../invoice.html' %}", 1),
        ("{% extends 'invoice.css' %}", 1),
        ("{{ document.number.__class__.__mro__ }}", 1),
        ("{{ ''.__class__ }}", 1),
        ("{{ 1 / 0 }}", 1),
        ("{{ 'x' * 1000000000 }}", 1),
        ("{{ 9 ** 999999999 }}", 1),
        ("{{ '%999999999d' % 1 }}", 1),
        ("{{ totals.net|date }}", 1),
    ],
)
def test_a_wrong_template_is_refused_with_its_line(template: str, line: int) -> None:
    with pytest.raises(TemplateRejected) as refused:
        write_with(template)
    assert refused.value.kind is ErrorKind.INVALID
    assert refused.value.line == line
    assert refused.value.fields[0].pointer == "/html_content"


def test_a_template_that_never_ends_is_stopped() -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(RenderingLimitExceeded):
        write_with(endless)


def test_a_template_that_writes_without_end_is_stopped() -> None:
    limits = RenderingLimits(html_characters=10_000)
    source = TemplateSource("chatty", "{% for a in range(99999) %}{{ a }}{% endfor %}")
    with pytest.raises(RenderingLimitExceeded):
        compose_html(sample_invoice(), template=source, limits=limits)


def test_a_stylesheet_cannot_break_out_into_the_page() -> None:
    source = TemplateSource("sly", "<p></p>", "p { } </STYLE><script>")
    with pytest.raises(TemplateRejected):
        compose_html(sample_invoice(), template=source)

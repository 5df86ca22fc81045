"""What a template sees of a frozen document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents import invoice_context
from scaicontrol_core.documents.context import DateSpan
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.kernel.money import Money
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
)


def test_a_period_is_shown_to_people_with_its_last_day() -> None:
    context = invoice_context(sample_invoice())
    assert context.document.period == DateSpan(date(2026, 1, 15), date(2026, 2, 14))
    assert context.line_items[0].period == DateSpan(date(2026, 1, 15), date(2026, 2, 14))


def test_a_line_without_a_period_has_none() -> None:
    line = sample_line(period_start=None, period_end=None)
    assert invoice_context(sample_invoice(lines=[line])).line_items[0].period is None


def test_amounts_carry_their_currency_and_prices_their_fractions() -> None:
    usage = sample_line(description="API calls", quantity="27450", unit_price_cents="0.125", price_divisor=10)
    context = invoice_context(sample_invoice(lines=[usage]))
    assert context.line_items[0].unit_price.amount == Decimal("0.00125")
    assert context.line_items[0].unit_price.divisor == 10
    assert context.totals.gross == Money(24079, "EUR")


def test_a_currency_without_cents_is_not_divided() -> None:
    context = invoice_context(sample_invoice(currency="JPY"))
    assert context.line_items[0].unit_price.amount == Decimal(19900)


def test_reverse_charge_is_said_in_the_buyers_language_and_in_the_sellers() -> None:
    context = invoice_context(sample_reverse_charge_invoice())
    assert context.reverse_charge
    assert context.legal_notes == (
        "Steuerschuldnerschaft des Leistungsempfängers - Art. 196 MwStSystRL",
        "Btw verlegd - art. 196 Btw-richtlijn",
    )
    assert context.vat_breakdown[0].label == "Steuerschuldnerschaft des Leistungsempfängers"


def test_one_language_says_it_once() -> None:
    context = invoice_context(sample_reverse_charge_invoice(language="nl"))
    assert context.legal_notes == ("Btw verlegd - art. 196 Btw-richtlijn",)


def test_a_category_we_never_issue_keeps_the_documents_own_label() -> None:
    document = sample_invoice()
    document["vat_details"]["entries"][0] |= {"category": "Z", "label": "Zero rated"}
    assert invoice_context(document).vat_breakdown[0].label == "Zero rated"


def test_a_paid_invoice_asks_for_nothing() -> None:
    totals = {"net_cents": 100, "tax_cents": 21, "gross_cents": 121, "prepaid_cents": 121, "payable_cents": 0}
    assert invoice_context(sample_invoice(totals=totals)).payment is None


def test_the_account_is_the_legal_entitys_unless_it_says_otherwise() -> None:
    ours = invoice_context(sample_invoice()).payment
    theirs = invoice_context(sample_invoice(seller={"account_holder": "Stichting Derdengelden"})).payment
    assert ours is not None
    assert theirs is not None
    assert (ours.account_holder, theirs.account_holder) == ("ScaiLabs B.V.", "Stichting Derdengelden")


def test_a_credit_note_names_the_invoice_it_corrects_and_asks_for_no_payment() -> None:
    context = invoice_context(sample_credit_note(language="de"))
    assert context.document.title == "Rechnungskorrektur"
    assert context.document.referenced_number == "SCAI-2026-000042"
    assert context.payment is None


def test_a_draft_may_lack_what_a_document_may_not() -> None:
    unnumbered = sample_invoice(number=None, issue_date=None, due_date=None)
    assert invoice_context(unnumbered, draft=True).document.is_draft
    with pytest.raises(DocumentUnreadable):
        invoice_context(unnumbered)


@pytest.mark.parametrize(
    ("country", "state", "town"),
    [("NL", None, "3511 LX Utrecht"), ("GB", None, "Utrecht 3511 LX"), ("IT", "MI", "3511 LX Utrecht MI")],
)
def test_an_address_is_written_as_its_country_reads_it(country: str, state: str | None, town: str) -> None:
    context = invoice_context(sample_invoice(buyer={"country_code": country, "state": state}))
    assert context.buyer.address == ("Oudegracht 112", town)


@pytest.mark.parametrize(
    ("brand_color", "accent", "text"),
    [
        ("#0055aa", "#0055aa", "#0055aa"),
        ("#ffe94d", "#ffe94d", "#16202a"),  # yellow text on white is not readable
        ("#00ff00", "#00ff00", "#16202a"),  # 1.37 to 1
        ("#e67e22", "#e67e22", "#16202a"),  # 2.85 to 1
        ("#767676", "#767676", "#767676"),  # 4.54 to 1, the lightest grey that passes
        ("#777777", "#777777", "#16202a"),  # 4.48 to 1
        ("#000000", "#000000", "#000000"),
        ("red; } body { display: none", "#1f4e5f", "#1f4e5f"),
        (None, "#1f4e5f", "#1f4e5f"),
    ],
)
def test_a_brand_colour_is_used_where_it_can_be_read(brand_color: str | None, accent: str, text: str) -> None:
    branding = invoice_context(sample_invoice(seller={"brand_color": brand_color})).branding
    assert (branding.color, branding.text_color) == (accent, text)


def test_a_logo_on_the_network_is_not_fetched_into_a_document() -> None:
    remote = sample_invoice(seller={"logo_url": "https://cdn.example/logo.png"})
    inline = sample_invoice(seller={"logo_url": "data:image/png;base64,AA=="})
    assert invoice_context(remote).branding.logo_url is None
    assert invoice_context(inline).branding.logo_url == "data:image/png;base64,AA=="


@pytest.mark.parametrize("name", ["number", "seller", "lines", "vat_details", "totals", "currency", "language"])
def test_a_document_that_lacks_something_says_what(name: str) -> None:
    document = sample_invoice()
    del document[name]
    with pytest.raises(DocumentUnreadable) as refused:
        invoice_context(document)
    assert [field.pointer for field in refused.value.fields] == [f"/{name}"]


@pytest.mark.parametrize("wrong", [{"issue_date": "yesterday"}, {"lines": 7}, {"totals": None}, {"seller": []}])
def test_a_document_of_the_wrong_shape_is_refused_with_a_typed_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(DocumentUnreadable):
        invoice_context(sample_invoice() | wrong)


@given(st.sampled_from(LANGUAGES), st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_nothing_is_computed_that_the_document_does_not_say(language: str, nets: list[int]) -> None:
    lines = [sample_line(position, net_cents=net) for position, net in enumerate(nets, 1)]
    document = sample_invoice(lines=lines, language=language)
    context = invoice_context(document)
    assert [line.net.minor for line in context.line_items] == nets
    assert context.totals.gross.minor == document["totals"]["gross_cents"]
    assert (context.payment is None) == (document["totals"]["payable_cents"] <= 0)

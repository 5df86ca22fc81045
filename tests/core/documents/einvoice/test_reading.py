"""The frozen document in the words of EN 16931: what is decided once, for both syntaxes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_core.documents.einvoice.model import (
    EInvoice,
    Identifier,
    InclusivePeriod,
    InvoiceType,
    PaymentMeans,
    PrecedingInvoice,
)
from scaicontrol_core.documents.einvoice.reading import einvoice_of
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
)

PEPPOL, XRECHNUNG, CII = EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII
GERMAN = {"country_code": "DE", "vat_number": "DE129273398", "city": "Berlin", "postal_code": "10115"}


def outside_scope(**changes: Any) -> dict[str, Any]:
    """A sale to Zürich by a seller that calls it outside the scope of VAT."""
    swiss = {"country_code": "CH", "vat_number": "CHE-123.456.788 MWST", "city": "Zürich", "postal_code": "8001"}
    document = sample_invoice(lines=[sample_line(category="O", rate_bp=0)], buyer=swiss, **changes)
    document["vat_details"]["entries"][0] |= {
        "vatex": "VATEX-EU-O",
        "legal_note": "Outside the scope of EU VAT - Art. 44 Directive 2006/112/EC",
    }
    return document


# -- what a format is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("einvoice_format", "ending", "has_process"),
    [
        ("ubl", ":poacc:billing:3.0", True),
        ("xrechnung", ":xrechnung_3.0", True),
        ("cii", "en16931:2017", False),
        ("zugferd", "en16931:2017", False),
        ("facturx", "en16931:2017", False),
    ],
)
def test_each_format_says_what_it_is(einvoice_format: str, ending: str, has_process: bool) -> None:  # noqa: FBT001
    einvoice = einvoice_of(sample_invoice(), EInvoiceFormat(einvoice_format))
    assert einvoice.specification_id.startswith("urn:cen.eu:en16931:2017")
    assert einvoice.specification_id.endswith(ending)
    assert (einvoice.process_id is not None) is has_process


# -- amounts -------------------------------------------------------------------------------------


def test_an_invoice_in_whole_euros_of_two_decimals() -> None:
    einvoice = einvoice_of(sample_invoice(), PEPPOL)
    assert einvoice.type is InvoiceType.COMMERCIAL_INVOICE
    assert einvoice.due_date == date(2026, 2, 14)
    totals = einvoice.totals
    assert [str(each) for each in (totals.line_net, totals.tax, totals.payable)] == ["199.00", "41.79", "240.79"]
    assert totals.prepaid is None
    (group,) = einvoice.vat_groups
    assert (group.category, str(group.rate), group.exemption_reason, group.exemption_code) == ("S", "21.00", None, None)


def test_a_credit_note_turns_its_signs_and_names_its_invoice() -> None:
    credit = einvoice_of(sample_credit_note(), PEPPOL)
    assert (credit.type, credit.is_credit_note) == (InvoiceType.CREDIT_NOTE, True)
    assert credit.totals.payable == Decimal("240.79")
    assert (credit.lines[0].quantity, credit.lines[0].net) == (Decimal(1), Decimal("199.00"))
    assert credit.preceding == (PrecedingInvoice("SCAI-2026-000042", date(2026, 1, 31)),)
    assert credit.due_date is None
    assert credit.note == "Cancelled within the month"


def test_a_discount_keeps_its_price_and_has_a_negative_quantity() -> None:
    lines = [sample_line(), sample_line(2, quantity="-0.5", net_cents=-9950)]
    discount = einvoice_of(sample_invoice(lines=lines), CII).lines[1]
    assert (discount.quantity, discount.unit_price, discount.net) == (Decimal("-0.5"), Decimal(199), Decimal("-99.50"))
    credited = [line | {"quantity": quantity} for line, quantity in zip(lines, ("-1", "0.5"), strict=True)]
    taken_back = einvoice_of(sample_credit_note(lines=credited), CII).lines[1]
    assert taken_back.quantity == Decimal("-0.5")


def test_nothing_is_never_minus_nothing() -> None:
    line = sample_line(quantity="0", net_cents=0, tax_cents=0)
    credit = einvoice_of(sample_credit_note(lines=[line]), PEPPOL)
    assert str(credit.lines[0].quantity) == "0"
    assert str(credit.totals.payable) == "0.00"


def test_a_price_per_ten_thousand_stays_exact() -> None:
    line = sample_line(quantity="123456789", unit_price_cents="0.125", price_divisor=10_000, net_cents=1543)
    shown = einvoice_of(sample_invoice(lines=[line]), PEPPOL).lines[0]
    assert (shown.unit_price, shown.base_quantity) == (Decimal("0.00125"), 10_000)


@pytest.mark.parametrize(
    ("currency", "net_cents", "shown"), [("JPY", 1200, "1200"), ("KWD", 12340, "12.34"), ("KWD", 12345, "12.345")]
)
def test_currencies_with_none_and_with_three_decimals(currency: str, net_cents: int, shown: str) -> None:
    line = sample_line(unit_price_cents=str(net_cents), net_cents=net_cents)
    einvoice = einvoice_of(sample_invoice(lines=[line], currency=currency), CII)
    assert str(einvoice.lines[0].net) == shown


def test_vat_in_the_sellers_own_currency() -> None:
    accounting = {"currency": "EUR", "rate": "1.0834", "tax_cents": -3857}
    credit = einvoice_of(sample_credit_note(currency="USD", vat_accounting=accounting), PEPPOL)
    assert credit.accounting_tax is not None
    assert (credit.accounting_tax.currency, credit.accounting_tax.tax) == ("EUR", Decimal("38.57"))


def test_prepaid_amounts() -> None:
    document = sample_invoice()
    document["totals"] |= {"prepaid_cents": 10000, "payable_cents": 14079}
    totals = einvoice_of(document, PEPPOL).totals
    assert (totals.prepaid, totals.payable) == (Decimal("100.00"), Decimal("140.79"))


# -- VAT -----------------------------------------------------------------------------------------


def test_reverse_charge_says_why_in_the_documents_language() -> None:
    einvoice = einvoice_of(sample_reverse_charge_invoice(), XRECHNUNG)
    (group,) = einvoice.vat_groups
    assert group.exemption_code == "VATEX-EU-AE"
    assert group.exemption_reason == "Steuerschuldnerschaft des Leistungsempfängers - Art. 196 MwStSystRL"
    assert (einvoice.seller.vat_identifier, einvoice.buyer.vat_identifier) == ("NL868355884B01", "DE129273398")


def test_outside_the_scope_no_vat_number_and_no_rate_is_shown() -> None:
    einvoice = einvoice_of(outside_scope(), CII)
    assert (einvoice.seller.vat_identifier, einvoice.buyer.vat_identifier) == (None, None)
    assert einvoice.seller.legal_registration == Identifier("84529173", "0106")
    assert einvoice.seller.legal_information == "Btw-nummer NL868355884B01"
    assert (einvoice.vat_groups[0].rate, einvoice.lines[0].rate) == (None, None)
    assert einvoice_of(outside_scope(), XRECHNUNG).vat_groups[0].rate == 0


def test_groups_that_differ_in_country_only_are_one_to_the_standard() -> None:
    document = sample_invoice()
    (entry,) = document["vat_details"]["entries"]
    halves = [entry | {"taxable_cents": 9900, "amount_cents": 2079}, entry | {"taxable_cents": 10000, "country": "BE"}]
    document["vat_details"]["entries"] = [halves[0], halves[1] | {"amount_cents": 2100}]
    (group,) = einvoice_of(document, CII).vat_groups
    assert (group.taxable, group.tax) == (Decimal("199.00"), Decimal("41.79"))


def test_two_reasons_of_one_category_are_both_told() -> None:
    document = sample_invoice(lines=[sample_line(category="E", rate_bp=0)])
    (entry,) = document["vat_details"]["entries"]
    embassy = entry | {"vatex": "VATEX-EU-151", "legal_note": "VAT exempt - Art. 151 Directive 2006/112/EC"}
    school = entry | {"vatex": "VATEX-EU-132", "legal_note": "Own words of the seller"}
    document["vat_details"]["entries"] = [embassy, school]
    (group,) = einvoice_of(document, CII).vat_groups
    assert group.exemption_code is None
    assert group.exemption_reason == "Vrijgesteld van btw - art. 151 Richtlijn 2006/112/EG; Own words of the seller"


def test_a_taxed_group_never_shows_a_reason() -> None:
    document = sample_invoice()
    document["vat_details"]["entries"][0] |= {"vatex": "VATEX-EU-AE", "legal_note": "left over"}
    (group,) = einvoice_of(document, CII).vat_groups
    assert (group.exemption_reason, group.exemption_code) == (None, None)


# -- who is addressed how ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("einvoice_format", "buyer", "expected"),
    [
        (CII, {}, Identifier("facturen@korenaar.example", "EM")),
        (PEPPOL, {}, Identifier("NL868966393B01", "9944")),
        (PEPPOL, {"peppol_id": "5798009882806", "peppol_scheme": "0088"}, Identifier("5798009882806", "0088")),
        (PEPPOL, {"peppol_id": "a@b.example", "peppol_scheme": "EM"}, Identifier("NL868966393B01", "9944")),
        (PEPPOL, {"country_code": "BE", "vat_number": "BE0836216214"}, Identifier("0836216214", "0208")),
        (PEPPOL, {"country_code": "DK", "vat_number": "DK13585628"}, Identifier("13585628", "0184")),
        (PEPPOL, {"country_code": "SE", "vat_number": "SE556074755101"}, Identifier("5560747551", "0007")),
        (PEPPOL, {"country_code": "FI", "vat_number": "FI20774740"}, Identifier("003720774740", "0216")),
        (PEPPOL, {"country_code": "GR", "vat_number": "GR094259216"}, Identifier("EL094259216", "9933")),
        (PEPPOL, {"country_code": "US", "vat_number": None}, None),
        (XRECHNUNG, {"leitweg_id": "04011000-12345-34"}, Identifier("04011000-12345-34", "0204")),
        (XRECHNUNG, {"contact_email": None}, Identifier("NL868966393B01", "9944")),
    ],
)
def test_where_the_buyer_receives(
    einvoice_format: EInvoiceFormat, buyer: dict[str, Any], expected: Identifier | None
) -> None:
    assert einvoice_of(sample_invoice(buyer=buyer), einvoice_format).buyer.electronic_address == expected


def test_a_seller_in_the_dutch_register_is_addressed_by_its_number() -> None:
    assert einvoice_of(sample_invoice(), PEPPOL).seller.electronic_address == Identifier("84529173", "0106")
    assert einvoice_of(sample_invoice(), XRECHNUNG).seller.electronic_address == Identifier(
        "billing@scailabs.example", "EM"
    )


def test_a_register_number_of_no_known_shape_stays_as_typed() -> None:
    document = sample_invoice(seller=GERMAN | {"registration_number": "HRB 12345 B"})
    assert einvoice_of(document, XRECHNUNG).seller.legal_registration == Identifier("HRB 12345 B")


def test_a_tax_number_without_a_countrys_code_is_no_vat_identifier() -> None:
    buyer = einvoice_of(sample_invoice(buyer={"country_code": "US", "vat_number": "12-3456789"}), CII).buyer
    assert (buyer.vat_identifier, buyer.legal_registration) == (None, Identifier("12-3456789"))


def test_kosovo_has_another_code_in_the_standard() -> None:
    buyer = einvoice_of(sample_invoice(buyer={"country_code": "XK", "vat_number": None}), CII).buyer
    assert buyer.address.country_code == "1A"


def test_a_swedish_tax_number_is_only_shown_where_peppol_allows_it() -> None:
    seller = {"country_code": "SE", "vat_number": "SE556074755101", "tax_number": "556074-7551"}
    assert einvoice_of(sample_invoice(seller=seller), PEPPOL).seller.tax_registration is None
    assert einvoice_of(sample_invoice(seller=seller), CII).seller.tax_registration == "556074-7551"
    approved = sample_invoice(seller=seller | {"tax_number": "Godkänd för F-skatt"})
    assert einvoice_of(approved, PEPPOL).seller.tax_registration == "Godkänd för F-skatt"


def test_between_danes_the_customer_number_stays_out_of_peppol() -> None:
    danish = {"country_code": "DK", "vat_number": "DK13585628"}
    document = sample_invoice(seller=danish, buyer=danish)
    assert einvoice_of(document, PEPPOL).buyer.identifier is None
    assert einvoice_of(document, CII).buyer.identifier == "K-10412"


# -- references ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("einvoice_format", "own", "buyer", "expected"),
    [
        (CII, None, {}, (None, None)),
        (CII, "PO 7", {}, ("PO 7", None)),
        (PEPPOL, None, {}, ("K-10412", None)),
        (PEPPOL, None, {"buyer_reference": "Cost centre 9"}, ("Cost centre 9", None)),
        (PEPPOL, None, {"external_reference": None}, ("scaikey.pro", None)),
        (XRECHNUNG, "PO 7", {"leitweg_id": "04011000-12345-34"}, ("04011000-12345-34", "PO 7")),
    ],
)
def test_what_the_buyer_sorts_its_post_by(
    einvoice_format: EInvoiceFormat, own: str | None, buyer: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    einvoice = einvoice_of(sample_invoice(buyer=buyer, buyer_reference=own), einvoice_format)
    assert (einvoice.buyer_reference, einvoice.order_reference) == expected


# -- periods -------------------------------------------------------------------------------------


def test_periods_end_on_their_last_day_and_hold_those_of_the_lines() -> None:
    early = sample_line(2, period_start="2026-01-01", period_end="2026-01-15")
    einvoice = einvoice_of(sample_invoice(lines=[sample_line(), early]), PEPPOL)
    assert einvoice.lines[0].period == InclusivePeriod(date(2026, 1, 15), date(2026, 2, 14))
    assert einvoice.period == InclusivePeriod(date(2026, 1, 1), date(2026, 2, 14))
    assert einvoice.delivery_date is None


def test_without_a_period_the_day_of_supply_is_told() -> None:
    line = sample_line(period_start=None, period_end=None, supply_date="2026-01-20")
    einvoice = einvoice_of(sample_invoice(lines=[line], period_start=None, period_end=None), PEPPOL)
    assert (einvoice.period, einvoice.delivery_date) == (None, date(2026, 1, 20))


# -- payment -------------------------------------------------------------------------------------


def test_a_euro_invoice_is_paid_by_sepa_transfer_with_its_reference() -> None:
    payment = einvoice_of(sample_invoice(), PEPPOL).payment
    assert payment is not None
    assert (payment.means, payment.remittance) == (PaymentMeans.SEPA_CREDIT_TRANSFER, "RF09SCAI2026000042")
    assert payment.transfer is not None
    assert (payment.transfer.account, payment.transfer.bank_identifier) == ("NL91ABNA0417164300", "ABNANL2A")
    assert payment.transfer.account_name == "ScaiLabs B.V."


def test_other_currencies_by_transfer_with_the_number() -> None:
    payment = einvoice_of(sample_invoice(currency="USD", creditor_reference=None), PEPPOL).payment
    assert payment is not None
    assert (payment.means, payment.remittance) == (PaymentMeans.CREDIT_TRANSFER, "SCAI-2026-000042")


def test_without_an_account_there_are_no_instructions() -> None:
    assert einvoice_of(sample_invoice(seller={"iban": None}), PEPPOL).payment is None


def test_a_credit_note_asks_for_nothing_but_germans_want_to_be_told_so() -> None:
    assert einvoice_of(sample_credit_note(), PEPPOL).payment is None
    for document, einvoice_format in (
        (sample_credit_note(), XRECHNUNG),
        (sample_credit_note(seller=GERMAN, buyer=GERMAN), PEPPOL),
    ):
        payment = einvoice_of(document, einvoice_format).payment
        assert payment is not None
        assert (payment.means, payment.transfer, payment.remittance) == (PaymentMeans.CLEARING, None, None)


def test_a_credit_of_a_discount_asks_for_money() -> None:
    line = sample_line(quantity="1")
    credit = einvoice_of(sample_credit_note(lines=[line]), PEPPOL)
    assert credit.totals.payable == Decimal("-240.79")
    assert credit.payment is not None
    assert credit.payment.transfer is not None
    assert credit.payment_terms == "Te betalen binnen 14 dagen na de factuurdatum"


def test_terms_in_the_documents_language() -> None:
    assert einvoice_of(sample_invoice(language="fr"), CII).payment_terms is not None
    at_once = sample_invoice(language="de", payment_terms_days=0)
    assert einvoice_of(at_once, CII).payment_terms == "Zahlbar sofort"
    free = sample_invoice(lines=[sample_line(unit_price_cents="0", net_cents=0)])
    assert einvoice_of(free, CII).payment_terms == "Er staat niets meer open."


# -- texts and faults ----------------------------------------------------------------------------


def test_the_first_line_of_a_text_is_the_name() -> None:
    line = sample_line(description="Discount\nfor ten years\nof loyalty")
    shown = einvoice_of(sample_invoice(lines=[line]), PEPPOL).lines[0]
    assert (shown.name, shown.description) == ("Discount", "for ten years\nof loyalty")


def test_a_document_that_lacks_something_is_named() -> None:
    document: dict[str, Any] = sample_invoice()
    del document["totals"]
    with pytest.raises(DocumentUnreadable) as refused:
        einvoice_of(document, PEPPOL)
    assert [field.pointer for field in refused.value.fields] == ["/totals"]
    with pytest.raises(DocumentUnreadable):
        einvoice_of(sample_invoice(issue_date="yesterday"), PEPPOL)
    with pytest.raises(Invalid):
        einvoice_of(sample_invoice(language="tlh"), PEPPOL)


def test_every_sample_reads_in_every_format() -> None:
    for document in (sample_invoice(), sample_reverse_charge_invoice(), sample_credit_note(), outside_scope()):
        for einvoice_format in EInvoiceFormat:
            assert isinstance(einvoice_of(document, einvoice_format), EInvoice)

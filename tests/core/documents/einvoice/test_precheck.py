"""Before a number is spent: every rule a document would break is named, with where to mend it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.errors import EInvoiceIncomplete, InvoiceIncomplete
from scaicontrol_core.billing.frozen_document import FrozenDocument
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck, findings, warnings
from scaicontrol_core.documents.einvoice.rules.finding import mending
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_line,
    sample_reverse_charge_invoice,
)

PEPPOL, XRECHNUNG, CII = EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII
GERMAN = {"country_code": "DE", "vat_number": "DE129273398", "city": "Berlin", "postal_code": "10115"}
SWEDISH = {"country_code": "SE", "vat_number": "SE556074755101", "registration_number": "556074-7551"}
DANISH = {"country_code": "DK", "vat_number": "DK13585628", "registration_number": "13585628"}
ITALIAN = {"country_code": "IT", "vat_number": "IT00743110157", "tax_number": "00743110157"}
NORWEGIAN = {"country_code": "NO", "vat_number": "NO995525828MVA", "registration_number": "995525828"}
ICELANDIC = {"country_code": "IS", "vat_number": "IS12345", "registration_number": "120174-3399"}


def rules(document: dict[str, Any], einvoice_format: EInvoiceFormat) -> set[str]:
    return {finding.rule for finding in findings(document, einvoice_format)}


def untaxed(category: str, **changes: Any) -> dict[str, Any]:
    return sample_invoice(lines=[sample_line(category=category, rate_bp=0, tax_cents=0)], **changes)


@pytest.mark.parametrize("einvoice_format", EInvoiceFormat)
@pytest.mark.parametrize("sample", [sample_invoice, sample_reverse_charge_invoice, sample_credit_note])
def test_a_whole_document_breaks_nothing(sample: Any, einvoice_format: EInvoiceFormat) -> None:
    assert findings(sample(), einvoice_format) == ()


# -- what is missing, rule by rule ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("seller", "buyer", "rule", "pointer"),
    [
        ({"iban": None}, {}, "BR-DE-1", "/seller/iban"),
        ({"city": None}, {}, "BR-DE-3", "/seller/city"),
        ({"postal_code": None}, {}, "BR-DE-4", "/seller/postal_code"),
        ({"phone": None}, {}, "BR-DE-6", "/seller/phone"),
        ({"email": None}, {}, "BR-DE-7", "/seller/email"),
        ({}, {"city": None}, "BR-DE-8", "/buyer/city"),
        ({}, {"postal_code": None}, "BR-DE-9", "/buyer/postal_code"),
        ({"vat_number": None}, {}, "BR-DE-16", "/seller/vat_number"),
        ({"vat_number": None}, {}, "BR-S-02", "/seller/vat_number"),
        ({}, {"contact_email": None, "vat_number": None}, "PEPPOL-EN16931-R010", "/buyer/contact_email"),
        ({"email": None, "vat_number": None, "registration_number": None}, {}, "PEPPOL-EN16931-R020", "/seller/email"),
    ],
)
def test_what_the_xrechnung_asks_for(seller: dict[str, Any], buyer: dict[str, Any], rule: str, pointer: str) -> None:
    broken = findings(sample_invoice(seller=seller, buyer=buyer), XRECHNUNG)
    assert (rule, pointer) in [(finding.rule, finding.pointer) for finding in broken]


def test_a_reference_is_mandatory_where_post_is_sorted_by_it() -> None:
    nameless = sample_invoice(lines=[sample_line(plan_key=None)], buyer={"external_reference": None})
    assert rules(nameless, XRECHNUNG) == {"BR-DE-15"}
    assert rules(nameless, PEPPOL) == {"PEPPOL-EN16931-R003"}
    assert rules(nameless, CII) == set()


@pytest.mark.parametrize(
    ("seller", "buyer", "rule"),
    [
        ({}, {"vat_number": None}, "PEPPOL-EN16931-R010"),
        ({}, {"peppol_id": "5798009882807", "peppol_scheme": "0088"}, "PEPPOL-COMMON-R040"),
        ({}, {"peppol_id": "0836216215", "peppol_scheme": "0208"}, "PEPPOL-COMMON-R043"),
        ({}, {"peppol_id": "5560747552", "peppol_scheme": "0007"}, "PEPPOL-COMMON-R049"),
        ({"address_line1": None}, {}, "NL-R-002"),
        ({"registration_number": "Amsterdam 17"}, {}, "NL-R-003"),
        ({}, {"postal_code": None}, "NL-R-004"),
        ({"iban": None}, {}, "NL-R-007"),
        (GERMAN | {"phone": None}, GERMAN, "DE-R-006"),
        (GERMAN | {"iban": None}, GERMAN, "DE-R-001"),
        (DANISH | {"registration_number": None}, {}, "DK-R-002"),
        (DANISH | {"registration_number": "CVR?"}, {}, "DK-R-014"),
        (SWEDISH, {}, "SE-R-006"),
        (SWEDISH | {"registration_number": "556074-7552"}, {}, "SE-R-013"),
        (ITALIAN | {"tax_number": "12"}, {}, "IT-R-001"),
        (ITALIAN | {"city": None}, {}, "IT-R-003"),
        ({"country_code": "GR", "vat_number": "EL094259216"}, {}, "GR-R-001-1"),
        ({"country_code": "GR", "vat_number": "EL094259216"}, {}, "GR-R-004-1"),
        ({}, {"vat_number": "868966393B01"}, "NL-R-005"),
        (DANISH, DANISH | {"vat_number": "13585628"}, "DK-R-017"),
        (NORWEGIAN | {"vat_number": "NO995525828"}, {}, "NO-R-001"),
        (NORWEGIAN | {"vat_number": "NO995525829MVA"}, {}, "NO-R-001"),
        (ICELANDIC | {"registration_number": "120174-3398"}, {}, "IS-R-002"),
        (ICELANDIC | {"address_line1": None}, {}, "IS-R-003"),
        (ICELANDIC, ICELANDIC, "IS-R-004"),
        (ICELANDIC, ICELANDIC | {"postal_code": None}, "IS-R-005"),
    ],
)
def test_what_peppol_asks_for(seller: dict[str, Any], buyer: dict[str, Any], rule: str) -> None:
    assert rule in rules(sample_invoice(seller=seller, buyer=buyer), PEPPOL)


@pytest.mark.parametrize("seller", [NORWEGIAN, ICELANDIC | {"peppol_id": "1201743399", "peppol_scheme": "0196"}])
def test_a_northern_seller_of_sound_numbers_breaks_nothing(seller: dict[str, Any]) -> None:
    assert rules(sample_invoice(seller=seller), PEPPOL) == set()


def test_a_danish_transfer_in_kroner_needs_the_bank() -> None:
    paid_abroad = sample_invoice(seller=DANISH | {"bic": None}, buyer=DANISH, currency="DKK")
    assert rules(paid_abroad, PEPPOL) == {"DK-R-006"}


def test_a_dutch_credit_note_names_its_invoice() -> None:
    assert rules(sample_credit_note(referenced_number=None), PEPPOL) == {"NL-R-001"}


def test_reverse_charge_needs_both_numbers() -> None:
    # The official rule lets a register number pass for the buyer's; the law does not (art. 226(4)).
    no_buyer = sample_reverse_charge_invoice()
    no_buyer["buyer"]["vat_number"] = None
    assert rules(no_buyer, CII) == {"BR-AE-02"}
    no_seller = sample_reverse_charge_invoice(seller={"vat_number": None})
    assert rules(no_seller, CII) == {"BR-AE-02"}


def test_an_export_needs_the_sellers_vat_number() -> None:
    assert rules(untaxed("G", seller={"vat_number": None, "tax_number": "123"}), CII) == {"BR-G-02"}


def test_outside_the_scope_the_register_identifies_the_seller() -> None:
    assert rules(untaxed("O", seller={"registration_number": None}), CII) == {"BR-CO-26"}


def test_outside_the_scope_stands_alone() -> None:
    mixed = [sample_line(), sample_line(2, category="O", rate_bp=0, tax_cents=0)]
    assert "BR-O-11" in rules(sample_invoice(lines=mixed), CII)


def test_a_reason_belongs_to_one_category() -> None:
    document = untaxed("E")
    document["vat_details"]["entries"][0]["vatex"] = "VATEX-EU-AE"
    assert rules(document, CII) == {"PEPPOL-EN16931-P0107"}


def test_units_are_those_of_the_list() -> None:
    document = sample_invoice(lines=[sample_line(unit_code="ZZZ")])
    (finding,) = findings(document, CII)
    assert (finding.rule, finding.term, finding.pointer) == ("BR-CL-23", "BT-130", "/lines/0/unit_code")
    assert finding.where == "PATCH /api/v1/admin/invoices/{id}: lines"


def test_dinars_with_a_third_decimal_have_no_place_in_an_e_invoice() -> None:
    line = sample_line(unit_price_cents="12345", net_cents=12345)
    assert {"BR-DEC-09", "BR-DEC-23"} <= rules(sample_invoice(lines=[line], currency="KWD"), CII)
    even = sample_line(unit_price_cents="12000", net_cents=12000)
    assert rules(sample_invoice(lines=[even], currency="KWD"), CII) == set()


# -- to the cent ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "rule"),
    [
        (("totals", "net_cents"), "BR-CO-10"),
        (("totals", "tax_cents"), "BR-CO-14"),
        (("totals", "gross_cents"), "BR-CO-15"),
        (("totals", "payable_cents"), "BR-CO-16"),
        (("totals", "prepaid_cents"), "BR-CO-16"),
    ],
)
def test_one_cent_too_many_is_found(where: tuple[str, str], rule: str) -> None:
    document = sample_invoice()
    document[where[0]][where[1]] += 1
    assert rule in rules(document, CII)


def test_one_cent_too_many_in_a_group_or_a_line_is_found() -> None:
    document = sample_invoice()
    document["vat_details"]["entries"][0]["amount_cents"] += 1
    assert "BR-CO-17" in rules(document, CII)
    document = sample_invoice()
    document["vat_details"]["entries"][0]["taxable_cents"] -= 1
    assert "BR-S-08" in rules(document, CII)
    assert "PEPPOL-EN16931-R120" in rules(sample_invoice(lines=[sample_line(net_cents=19901)]), CII)
    document = sample_invoice()
    document["lines"][0]["rate_bp"] = 900
    assert "BR-CO-18" in rules(document, CII)


def test_a_part_of_a_credit_may_differ_by_the_cent_that_makes_the_whole_right() -> None:
    document = sample_credit_note()
    for part, name in ((document["vat_details"]["entries"][0], "amount_cents"), (document["totals"], "tax_cents")):
        part[name] += 1
    document["totals"] |= {"gross_cents": -24078, "payable_cents": -24078}
    assert rules(document, CII) == set()
    document["vat_details"]["entries"][0]["amount_cents"] += 1
    assert "BR-CO-17" in rules(document, CII)


def test_vat_in_another_currency_has_the_same_sign() -> None:
    accounting = {"currency": "EUR", "rate": "1", "tax_cents": 4179}
    assert rules(sample_invoice(vat_accounting=accounting), PEPPOL) == {"PEPPOL-EN16931-R005"}
    credit = sample_credit_note(currency="USD", vat_accounting=accounting)
    assert rules(credit, PEPPOL) == {"PEPPOL-EN16931-R055"}


@given(
    st.lists(
        st.tuples(
            st.decimals("-1000", "1000", places=9),
            st.decimals("0", "100000", places=4),
            st.sampled_from([1, 10, 1000]),
            st.sampled_from([2100, 900, 0]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_computed_right_passes(kinds: list[tuple[Any, Any, int, int]]) -> None:
    lines = [
        sample_line(
            position,
            quantity=format(quantity, "f"),
            unit_price_cents=format(price, "f"),
            price_divisor=divisor,
            net_cents=line_net(Quantity(quantity), UnitPrice(price, divisor)),
            category="S" if rate_bp else "E",
            rate_bp=rate_bp,
        )
        for position, (quantity, price, divisor, rate_bp) in enumerate(kinds, 1)
    ]
    for einvoice_format in (PEPPOL, XRECHNUNG, CII):
        assert findings(sample_invoice(lines=lines), einvoice_format) == ()


# -- white space is nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("blank", [" ", "\n", "\u00a0"])
@pytest.mark.parametrize("einvoice_format", [PEPPOL, XRECHNUNG, CII])
def test_a_name_of_white_space_is_no_name(blank: str, einvoice_format: EInvoiceFormat) -> None:
    nameless = sample_invoice(
        seller={"legal_name": blank}, buyer={"company_name": blank}, lines=[sample_line(description=blank)]
    )
    assert {"BR-06", "BR-07", "BR-25"} <= rules(nameless, einvoice_format)


def test_what_is_blank_is_missing() -> None:
    assert rules(sample_invoice(buyer={"city": " ", "postal_code": "\n"}), XRECHNUNG) == {"BR-DE-8", "BR-DE-9"}
    assert rules(sample_invoice(seller={"iban": " "}), XRECHNUNG) == {"BR-DE-1"}


def test_codes_nobody_listed_are_found() -> None:
    assert rules(sample_invoice(buyer={"country_code": "ZZ"}), CII) == {"BR-CL-14"}
    odd = sample_reverse_charge_invoice()
    odd["vat_details"]["entries"][0]["vatex"] = "Art. 196"
    assert rules(odd, CII) == {"BR-CL-22"}


# -- the check at finalization -------------------------------------------------------------------


def frozen(document: dict[str, Any]) -> FrozenDocument:
    return FrozenDocument.from_dict(document)


def test_a_buyer_without_a_format_is_asked_for_nothing() -> None:
    EInvoiceCheck().check(frozen(sample_invoice(seller={"phone": None, "iban": None}, buyer={"city": None})))


def test_the_refusal_names_each_rule_and_where_to_mend_it() -> None:
    document = sample_invoice(seller={"phone": None}, buyer={"city": None, "preferred_einvoice_format": "xrechnung"})
    with pytest.raises(EInvoiceIncomplete) as refused:
        EInvoiceCheck().check(frozen(document))
    assert refused.value.code == "einvoice_incomplete"
    phone, city = refused.value.fields
    assert phone.pointer == "/seller/phone"
    assert phone.message == (
        "BR-DE-6 (BT-42): The seller's phone number is missing. PATCH /api/v1/admin/partners/{id}: seller_phone"
    )
    assert city.pointer == "/buyer/city"
    assert city.message.startswith("BR-DE-8 (BT-52)")
    assert city.message.endswith("PUT /api/v1/admin/tenants/{id}/billing-profile: city")


def test_the_law_asks_whatever_the_format() -> None:
    untold = sample_invoice(seller={"vat_number": None})
    with pytest.raises(InvoiceIncomplete) as refused:
        EInvoiceCheck().check(frozen(untold))
    assert (refused.value.code, refused.value.fields[0].pointer) == ("invoice_incomplete", "/seller/vat_number")
    assert refused.value.fields[0].message.startswith("Art. 226(3)")
    EInvoiceCheck().check(frozen(sample_invoice(seller={"vat_number": None, "tax_number": "133/8150/8159"})))


def test_reverse_charge_on_paper_needs_both_numbers_too() -> None:
    document = sample_reverse_charge_invoice()
    document["seller"]["vat_number"] = document["buyer"]["vat_number"] = None
    with pytest.raises(InvoiceIncomplete) as refused:
        EInvoiceCheck().check(frozen(document))
    assert [field.pointer for field in refused.value.fields] == ["/seller/vat_number", "/buyer/vat_number"]


def test_a_business_without_an_address_is_told_of_and_not_refused() -> None:
    homeless = sample_invoice(buyer={"address_line1": None, "city": None, "postal_code": None})
    EInvoiceCheck().check(frozen(homeless))
    street, city = warnings(homeless)
    assert street.startswith("Art. 226(5) (BT-50): The buyer's street is missing.")
    assert city.endswith("PUT /api/v1/admin/tenants/{id}/billing-profile: city")


def test_nobody_is_warned_of_a_private_person_or_a_place_without_post_codes() -> None:
    assert warnings(sample_invoice()) == ()
    assert warnings(sample_invoice(buyer={"postal_code": None})) == ()
    assert warnings(sample_invoice(buyer={"is_business": False, "address_line1": None, "city": None})) == ()


def test_what_nobody_can_mend_is_called_a_fault() -> None:
    assert "fault of the program" in mending("/totals/net_cents")
    assert mending("/seller/iban") == "PATCH /api/v1/admin/partners/{id}: iban"
    assert mending("/buyer_reference").startswith("PUT /api/v1/admin/tenants/{id}/billing-profile: buyer_reference")

"""Known cases of VAT on digital services, most of them a Dutch seller's customers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax import (
    Advisory,
    Treatment,
    UnknownRate,
    VatCategory,
    VatDecision,
    VatInputs,
    decide_vat,
    standard_rates,
)

AUTUMN_2026 = date(2026, 11, 20)
DE_NUMBER, FR_NUMBER, PT_NUMBER = "DE158950105", "FR45522252667", "PT536622426"


def decide(buyer: str = "NL", postal_code: str | None = None, seller: str = "NL", **facts: Any) -> VatDecision:
    """A consumer unless said otherwise, with the law of autumn 2026."""
    facts = {"supply_date": AUTUMN_2026, **facts}
    inputs = VatInputs(seller_country=seller, buyer_country=buyer, buyer_postal_code=postal_code, **facts)
    return decide_vat(inputs, standard_rates())


def business(number: str | None, evidence: Any = "valid", **facts: Any) -> dict[str, Any]:
    return {"is_business": True, "buyer_vat_number": number, "evidence_state": evidence, **facts}


OSS: dict[str, Any] = {"oss_registered": True}
GOLDEN = [
    # seller, buyer, postal code, facts → treatment, category, basis points, country, review
    ("NL", "NL", None, {}, ("domestic", "S", 2100, "NL", False)),
    ("NL", "NL", None, business("NL868355884B01"), ("domestic", "S", 2100, "NL", False)),
    ("NL", "NL", None, business(DE_NUMBER), ("domestic", "S", 2100, "NL", False)),
    ("NL", "DE", "50667", business(DE_NUMBER), ("reverse_charge", "AE", 0, "DE", False)),
    ("NL", "DE", "50667", business(DE_NUMBER, None, **OSS), ("destination", "S", 1900, "DE", False)),
    ("NL", "DE", "50667", business(DE_NUMBER, "pending", **OSS), ("destination", "S", 1900, "DE", False)),
    ("NL", "DE", "50667", business(DE_NUMBER, "invalid"), ("seller_country", "S", 2100, "NL", False)),
    ("NL", "DE", "50667", business("DE123456789", **OSS), ("destination", "S", 1900, "DE", True)),
    ("NL", "FR", "69002", business(DE_NUMBER, **OSS), ("destination", "S", 2000, "FR", True)),
    ("NL", "FR", "69002", {}, ("seller_country", "S", 2100, "NL", False)),
    ("NL", "FR", "69002", OSS, ("destination", "S", 2000, "FR", False)),
    ("NL", "GR", None, business("EL500985347"), ("reverse_charge", "AE", 0, "GR", False)),
    ("NL", "EL", None, business("GR500985347"), ("reverse_charge", "AE", 0, "GR", False)),
    ("NL", "MC", "98000", business(FR_NUMBER), ("reverse_charge", "AE", 0, "FR", False)),
    ("NL", "MC", "98000", OSS, ("destination", "S", 2000, "FR", False)),
    ("FR", "MC", "98000", {}, ("domestic", "S", 2000, "FR", False)),
    ("NL", "ES", "35001", business("ESB69897551"), ("outside_eu", "G", 0, "ES", False)),
    ("ES", "ES", "35001", {}, ("outside_eu", "G", 0, "ES", False)),
    ("NL", "ES", "07001", OSS, ("destination", "S", 2100, "ES", False)),
    ("NL", "PT", "9000-001", OSS, ("destination", "S", 2200, "PT", False)),
    ("NL", "PT", "9500-010", OSS, ("destination", "S", 1600, "PT", False)),
    ("NL", "PT", "9000-001", business(PT_NUMBER), ("reverse_charge", "AE", 0, "PT", False)),
    ("PT", "PT", "9000-001", {}, ("domestic", "S", 2200, "PT", False)),
    ("NL", "GB", "BT1 5GS", business("XI123456782"), ("outside_eu", "G", 0, "GB", False)),
    ("NL", "GB", "LS1 1AA", {}, ("outside_eu", "G", 0, "GB", False)),
    ("NL", "CH", "4051", business(None), ("outside_eu", "G", 0, "CH", False)),
    ("NL", "US", "97201", business(None), ("outside_eu", "G", 0, "US", False)),
    ("NL", "US", "97201", {"non_eu_services_category": "O"}, ("outside_eu", "O", 0, "US", False)),
    ("NL", "CW", None, {}, ("outside_eu", "G", 0, "CW", False)),
    ("NL", "AX", None, OSS, ("outside_eu", "G", 0, "FI", True)),
    ("FI", "AX", None, {}, ("domestic", "S", 2550, "FI", False)),
    ("FR", "FR", "97400", {}, ("domestic", "S", 850, "FR", False)),
    ("NL", "FR", "97400", OSS, ("outside_eu", "G", 0, "FR", True)),
    ("FR", "FR", "97300", {}, ("outside_eu", "G", 0, "FR", False)),
    ("DE", "DE", "78266", {}, ("outside_eu", "G", 0, "DE", False)),
    ("NL", "AT", "6691", OSS, ("destination", "S", 2000, "AT", True)),
    ("NL", "GR", "85400", OSS, ("destination", "S", 2400, "GR", True)),
    ("NL", "NL", None, {"tax_exempt": True}, ("exempt", "E", 0, "NL", False)),
    ("NL", "BE", None, {"tax_exempt": True, **OSS}, ("exempt", "E", 0, "BE", False)),
    ("NL", "BE", None, business("BE0827559755", tax_exempt=True), ("reverse_charge", "AE", 0, "BE", False)),
    ("NL", "CH", None, {"tax_exempt": True}, ("outside_eu", "G", 0, "CH", False)),
    ("DE", "DE", None, {"supply_date": date(2020, 12, 31)}, ("domestic", "S", 1600, "DE", False)),
    ("DE", "DE", None, {"supply_date": date(2021, 1, 1)}, ("domestic", "S", 1900, "DE", False)),
    ("NL", "FI", None, {"supply_date": date(2024, 8, 31), **OSS}, ("destination", "S", 2400, "FI", False)),
    ("NL", "FI", None, {"supply_date": date(2024, 9, 1), **OSS}, ("destination", "S", 2550, "FI", False)),
]  # fmt: skip


@pytest.mark.parametrize(("seller", "buyer", "postal_code", "facts", "expected"), GOLDEN)
def test_known_cases(
    seller: str, buyer: str, postal_code: str | None, facts: dict[str, Any], expected: tuple[str, str, int, str, bool]
) -> None:
    decision = decide(buyer, postal_code, seller, **facts)
    found = (decision.treatment, decision.category, decision.rate_bp, decision.country, decision.review)
    assert found == expected


def test_reverse_charge_says_what_the_invoice_needs() -> None:
    decision = decide("DE", **business(DE_NUMBER))
    assert decision.reverse_charge
    assert decision.rate == "0.00"
    assert decision.vatex == "VATEX-EU-AE"
    assert decision.legal_note == "Reverse charge - Art. 196 EU VAT Directive"
    assert decision.rule == "intra_eu_reverse_charge"
    assert "196" in decision.law
    assert any(DE_NUMBER in step.text for step in decision.steps)


def test_a_taxed_sale_names_its_rate_row_and_carries_no_exemption_reason() -> None:
    decision = decide("PT", "9000-001", **OSS)
    assert (decision.rate, decision.rate_id, decision.rate_territory) == ("22.00", "PT-30-2020", "PT-30")
    assert decision.label == "VAT 22.00%"
    assert decision.vatex is None
    assert decision.legal_note is None
    assert decision.steps[-1].law == "CIVA art. 18(3)"


def test_outside_the_eu_the_note_follows_the_kind_of_buyer() -> None:
    company, person = decide("US", **business(None)), decide("US")
    assert company.legal_note is not None
    assert "Art. 44" in company.legal_note
    assert person.legal_note is not None
    assert "Art. 58" in person.legal_note
    assert company.vatex == "VATEX-EU-G"
    assert decide("US", non_eu_services_category="O").vatex == "VATEX-EU-O"
    assert Advisory.LOCAL_TAX_POSSIBLE in company.advisories


def test_an_exempt_buyer_has_its_article() -> None:
    decision = decide("NL", tax_exempt=True)
    assert (decision.vatex, decision.law) == ("VATEX-EU-151", "Directive 2006/112/EC Art. 151")
    assert decision.legal_note == "VAT exempt - Art. 151 Directive 2006/112/EC"


def test_exemption_may_be_put_before_the_reverse_charge() -> None:
    facts = business("BE0827559755", tax_exempt=True, exempt_before_reverse_charge=True)
    assert decide("BE", **facts).treatment is Treatment.EXEMPT


def test_a_private_purchase_with_a_verified_number_is_a_consumer_s() -> None:
    decision = decide("DE", buyer_vat_number=DE_NUMBER, evidence_state=True, **OSS)
    assert decision.treatment is Treatment.DESTINATION


@pytest.mark.parametrize(
    ("number", "evidence", "advisory", "review"),
    [
        (DE_NUMBER, None, Advisory.VAT_NUMBER_NOT_VERIFIED, False),
        (DE_NUMBER, "pending", Advisory.VAT_NUMBER_NOT_VERIFIED, False),
        (DE_NUMBER, False, Advisory.VAT_NUMBER_REFUSED, False),
        ("DE123456789", None, Advisory.VAT_NUMBER_INVALID, False),
        ("DE123456789", True, Advisory.VAT_NUMBER_INVALID, True),
        (FR_NUMBER, True, Advisory.VAT_NUMBER_COUNTRY_MISMATCH, True),
        (FR_NUMBER, None, Advisory.VAT_NUMBER_COUNTRY_MISMATCH, True),
    ],
)
def test_why_a_business_is_charged_all_the_same(
    number: str, evidence: Any, advisory: Advisory, *, review: bool
) -> None:
    decision = decide("DE", **business(number, evidence, **OSS))
    assert decision.treatment is Treatment.DESTINATION
    assert advisory in decision.advisories
    assert decision.review is review


@pytest.mark.parametrize(
    ("sold_before", "this_sale", "treatment", "advisories"),
    [
        (0, 0, Treatment.SELLER_COUNTRY, ()),
        (799_999, 0, Treatment.SELLER_COUNTRY, ()),
        (800_000, 0, Treatment.SELLER_COUNTRY, (Advisory.THRESHOLD_NEAR,)),
        (999_000, 1_000, Treatment.SELLER_COUNTRY, (Advisory.THRESHOLD_NEAR,)),
        (999_000, 1_001, Treatment.DESTINATION, (Advisory.REGISTRATION_DUE,)),
        (1_000_001, 0, Treatment.DESTINATION, (Advisory.REGISTRATION_DUE,)),
    ],
)
def test_the_sale_that_crosses_ten_thousand_euros_is_the_first_at_destination(
    sold_before: int, this_sale: int, treatment: Treatment, advisories: tuple[Advisory, ...]
) -> None:
    decision = decide("FR", b2c_cross_border_turnover_cents=sold_before, supply_net_cents=this_sale)
    assert decision.treatment is treatment
    assert decision.advisories == advisories


def test_last_year_s_turnover_ends_the_relief_too() -> None:
    assert decide("FR", b2c_cross_border_turnover_last_year_cents=1_000_001).treatment is Treatment.DESTINATION


def test_a_seller_on_madeira_takes_its_own_rate_below_the_threshold() -> None:
    decision = decide("FR", seller="PT", seller_postal_code="9000-001")
    assert (decision.treatment, decision.rate_bp, decision.country) == (Treatment.SELLER_COUNTRY, 2200, "PT")


@pytest.mark.parametrize(("seller", "postal_code"), [("US", None), ("CH", None), ("GB", "BT1 5GS"), ("ES", "35001")])
def test_a_seller_outside_the_vat_territory_is_refused(seller: str, postal_code: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        decide("NL", seller=seller, seller_postal_code=postal_code)
    assert refused.value.code == "seller_outside_eu"
    assert refused.value.fields[0].pointer == "/seller_country"


def test_the_united_kingdom_before_it_left_is_for_a_person_to_judge() -> None:
    assert decide("GB", supply_date=date(2020, 12, 31)).review
    assert not decide("GB", supply_date=date(2021, 1, 1)).review


def test_a_period_across_a_change_of_rate_is_for_a_person_to_judge() -> None:
    period = Period(date(2025, 6, 15), date(2025, 7, 15))
    across = decide("EE", seller="EE", supply_date=date(2025, 6, 15), service_period=period)
    assert across.review
    assert across.advisories == (Advisory.RATE_CHANGES_IN_PERIOD,)
    calm = Period(date(2025, 7, 1), date(2025, 8, 1))
    assert not decide("EE", seller="EE", supply_date=date(2025, 7, 1), service_period=calm).review


def test_a_rate_we_do_not_know_is_never_guessed() -> None:
    with pytest.raises(UnknownRate):
        decide("DE", seller="DE", supply_date=date(2019, 12, 31))


def test_wrong_inputs_name_their_field() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"buyer_country": "ZZ"}, "/buyer_country"),
        ({"seller_country": "ZZ"}, "/seller_country"),
        ({"non_eu_services_category": "Z"}, "/non_eu_services_category"),
        ({"evidence_state": "maybe"}, "/evidence_state"),
        ({"supply_date": datetime(2026, 1, 1, tzinfo=UTC)}, "/supply_date"),
    ]
    for facts, pointer in wrong:
        with pytest.raises(Invalid) as refused:
            evolve(VatInputs(seller_country="NL", buyer_country="NL", supply_date=AUTUMN_2026), **facts)
        assert refused.value.fields[0].pointer == pointer


def test_zero_and_goods_categories_are_never_issued() -> None:
    assert {category.value for category in VatCategory} == {"S", "AE", "E", "G", "O"}

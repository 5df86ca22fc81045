"""A supply as JSON: whoever feeds the engine by hand gets the law's answer, or the name of the wrong field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.errors import Invalid, ScaiControlError
from scaicontrol_core.tax import Treatment, standard_rates
from scaicontrol_core.tax.supply import determine, read_supply, refusal

RATES = standard_rates()


def sale(**changes: Any) -> dict[str, Any]:
    """Return a month of a plan, sold from the Netherlands to a German consumer; name what differs."""
    return {
        "id": "S-1",
        "seller_country": "NL",
        "seller_vat": "NL868355884B01",
        "buyer_country": "DE",
        "buyer_postal_code": None,
        "buyer_vat_number": None,
        "vat_valid": None,
        "is_business": False,
        "tax_exempt": False,
        "supply_date": "2026-11-20",
        "oss_registered": True,
        "b2c_cross_border_turnover_cents": 0,
        "lines": [{"net_cents": 19900}],
    } | changes


def business(country: str, number: str, **changes: Any) -> dict[str, Any]:
    return sale(buyer_country=country, buyer_vat_number=number, is_business=True, vat_valid=True, **changes)


def decided(supply: dict[str, Any]) -> dict[str, Any]:
    return determine(read_supply(supply), RATES).to_dict()


#: The situations of the law, each as (what differs, treatment, category, rate, VATEX, review).
SITUATIONS: dict[str, tuple[dict[str, Any], str, str, str, str | None, bool]] = {
    "same country": (sale(buyer_country="NL"), "domestic", "S", "21.00", None, False),
    "same country, foreign number": (business("NL", "DE129273398"), "domestic", "S", "21.00", None, False),
    "verified business": (business("DE", "DE129273398"), "reverse_charge", "AE", "0.00", "VATEX-EU-AE", False),
    "greek business": (business("EL", "EL094259216"), "reverse_charge", "AE", "0.00", "VATEX-EU-AE", False),
    "greek business, ISO prefix": (business("GR", "GR094259216"), "reverse_charge", "AE", "0.00", "VATEX-EU-AE", False),
    "business of Monaco": (business("MC", "FR40303265045"), "reverse_charge", "AE", "0.00", "VATEX-EU-AE", False),
    "unverified business": (
        business("DE", "DE129273398") | {"vat_valid": None}, "destination", "S", "19.00", None, False
    ),
    "register is away": (
        business("DE", "DE129273398") | {"vat_valid": "pending"}, "destination", "S", "19.00", None, False
    ),
    "refused number": (business("DE", "DE129273398") | {"vat_valid": False}, "destination", "S", "19.00", None, False),
    "consumer, in the shop": (sale(), "destination", "S", "19.00", None, False),
    "consumer of Monaco": (sale(buyer_country="MC"), "destination", "S", "20.00", None, False),
    "small seller": (sale(oss_registered=False), "seller_country", "S", "21.00", None, False),
    "outside the EU, business": (
        sale(buyer_country="US", is_business=True), "outside_eu", "G", "0.00", "VATEX-EU-G", False
    ),
    "outside the EU, consumer": (sale(buyer_country="CH"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "outside the EU as O": (
        sale(buyer_country="US", non_eu_services_category="O"), "outside_eu", "O", "0.00", "VATEX-EU-O", False
    ),
    "Northern Ireland, valid XI": (business("XI", "XI110305878"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "embassy": (
        sale(buyer_country="BE", tax_exempt=True, is_business=True), "exempt", "E", "0.00", "VATEX-EU-151", False
    ),
    "small business at home": (
        sale(buyer_country="NL", seller_exemption="small_business"), "exempt", "E", "0.00", None, False
    ),
    "French small business at home": (
        sale(seller_country="FR", buyer_country="FR", seller_exemption="small_business"),
        "exempt", "E", "0.00", "VATEX-FR-FRANCHISE", False,
    ),
    "small business, few consumers abroad": (
        sale(oss_registered=False, seller_exemption="small_business"), "exempt", "E", "0.00", None, False
    ),
    "small business in the shop": (sale(seller_exemption="small_business"), "destination", "S", "19.00", None, False),
    "small business to a verified business": (
        business("DE", "DE129273398", seller_exemption="small_business"),
        "reverse_charge", "AE", "0.00", "VATEX-EU-AE", False,
    ),
    "school": (sale(buyer_country="NL", seller_exemption="art_132"), "exempt", "E", "0.00", "VATEX-EU-132", False),
    "school, abroad": (sale(seller_exemption="art_132"), "exempt", "E", "0.00", "VATEX-EU-132", True),
    "school, outside": (
        sale(buyer_country="US", seller_exemption="art_132"), "outside_eu", "G", "0.00", "VATEX-EU-G", False
    ),
    "insurer": (sale(buyer_country="NL", seller_exemption="art_135"), "exempt", "E", "0.00", None, False),
    "Canary Islands": (sale(buyer_country="IC"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "Balearics": (sale(buyer_country="ES", buyer_postal_code="07001"), "destination", "S", "21.00", None, False),
    "Azores": (sale(buyer_country="PT", buyer_postal_code="9500-001"), "destination", "S", "16.00", None, False),
    "Madeira": (sale(buyer_country="PT", buyer_postal_code="9000-001"), "destination", "S", "22.00", None, False),
    "Büsingen": (sale(buyer_postal_code="78266"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "Heligoland": (sale(buyer_postal_code="27498"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "Livigno": (sale(buyer_country="IT", buyer_postal_code="23041"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "Mount Athos": (
        sale(buyer_country="GR", buyer_postal_code="63086"), "outside_eu", "G", "0.00", "VATEX-EU-G", False
    ),
    "Åland": (sale(buyer_country="AX"), "outside_eu", "G", "0.00", "VATEX-EU-G", True),
    "Åland from Finland": (
        sale(seller_country="FI", buyer_country="FI", buyer_postal_code="22100"), "domestic", "S", "25.50", None, False
    ),
    "Guadeloupe": (sale(buyer_country="FR", buyer_postal_code="97110"), "outside_eu", "G", "0.00", "VATEX-EU-G", True),
    "Guadeloupe from France": (
        sale(seller_country="FR", buyer_country="FR", buyer_postal_code="97110"), "domestic", "S", "8.50", None, False
    ),
    "French Guiana": (sale(buyer_country="GF"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "Corsica": (sale(buyer_country="FR", buyer_postal_code="20000"), "destination", "S", "20.00", None, False),
    "Jungholz": (sale(buyer_country="AT", buyer_postal_code="6691"), "destination", "S", "20.00", None, True),
    "Aruba": (sale(buyer_country="AW"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "San Marino": (sale(buyer_country="SM"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
    "Cyprus": (sale(buyer_country="CY"), "destination", "S", "19.00", None, False),
    "Jersey": (sale(buyer_country="JE"), "outside_eu", "G", "0.00", "VATEX-EU-G", False),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_gets_the_laws_answer(name: str) -> None:
    supply, *expected = SITUATIONS[name]
    answer = decided(supply)
    assert [answer[each] for each in ("treatment", "category", "rate", "vatex", "review")] == expected
    assert answer["law"]
    assert answer["reverse_charge"] is (expected[0] == "reverse_charge")


def test_the_answer_has_the_published_names() -> None:
    answer = decided(business("DE", "DE129273398"))
    assert answer == {
        "id": "S-1",
        "treatment": "reverse_charge",
        "category": "AE",
        "rate": "0.00",
        "reverse_charge": True,
        "vatex": "VATEX-EU-AE",
        "legal_note": "Reverse charge - Art. 196 EU VAT Directive",
        "tax_cents": 0,
        "lines": [{"tax_cents": 0}],
        "review": False,
        "rule": "intra_eu_reverse_charge",
        "law": "Directive 2006/112/EC Art. 44 and 196",
        "country": "DE",
        "rate_id": None,
        "advisories": [],
    }


@pytest.mark.parametrize(
    ("turnover", "net", "treatment", "advisories"),
    [
        (700_000, 19_900, "seller_country", []),
        (790_000, 10_000, "seller_country", ["oss_threshold_near"]),
        (980_000, 20_000, "seller_country", ["oss_threshold_near"]),
        (980_000, 20_001, "destination", ["oss_registration_due"]),
        (1_000_001, 1, "destination", ["oss_registration_due"]),
    ],
)
def test_the_sale_that_crosses_the_threshold_is_taxed_at_its_destination(
    turnover: int, net: int, treatment: str, advisories: list[str]
) -> None:
    answer = decided(sale(oss_registered=False, b2c_cross_border_turnover_cents=turnover, lines=[{"net_cents": net}]))
    assert (answer["treatment"], answer["advisories"]) == (treatment, advisories)


def test_vat_is_that_of_the_sum_and_the_lines_share_it() -> None:
    answer = decided(sale(buyer_country="NL", lines=[{"net_cents": 2}] * 3))
    assert answer["tax_cents"] == 1
    assert answer["lines"] == [{"tax_cents": 1}, {"tax_cents": 0}, {"tax_cents": 0}]


def test_a_supply_without_lines_is_decided_all_the_same() -> None:
    without = sale()
    del without["lines"], without["id"]
    answer = decided(without)
    assert (answer["id"], answer["rate"], answer["tax_cents"], answer["lines"]) == (None, "19.00", 0, [])


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"buyer_country": "ZZ"}, "buyer_country", "country_unknown"),
        ({"buyer_country": None}, "buyer_country", "required"),
        ({"supply_date": "20-11-2026"}, "supply_date", "date_invalid"),
        ({"supply_date": "2026-W47-5"}, "supply_date", "date_invalid"),
        ({"supply_date": 20261120}, "supply_date", "date_invalid"),
        ({"supply_date": "2012-01-01"}, "supply_date", "vat_rate_unknown"),
        ({"seller_country": "US"}, "seller_country", "seller_outside_eu"),
        ({"vat_valid": 1}, "vat_valid", "choice_unknown"),
        ({"vat_valid": "perhaps"}, "vat_valid", "choice_unknown"),
        ({"is_business": "yes"}, "is_business", "flag_invalid"),
        ({"lines": [{"net_cents": 1}, {"net_cents": 0.5}]}, "lines/1/net_cents", "number_invalid"),
        ({"lines": [{"net": 1}]}, "lines/0/net_cents", "number_invalid"),
        ({"lines": [7]}, "lines/0", "malformed"),
        ({"lines": "many"}, "lines", "malformed"),
        ({"lines": [{"net_cents": True}]}, "lines/0/net_cents", "number_invalid"),
        ({"b2c_cross_border_turnover_cents": -1}, "b2c_cross_border_turnover_cents", "number_invalid"),
        ({"buyer_vat_nummer": "DE129273398"}, "buyer_vat_nummer", "field_unknown"),
        ({"buyer_postal_code": "1\u0000"}, "buyer_postal_code", "text_invalid"),
        ({"non_eu_services_category": "K"}, "non_eu_services_category", "choice_unknown"),
        ({"service_period": {"start": "2026-11-01"}}, "service_period/end", "date_invalid"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ScaiControlError) as refused:
        decided(sale(**wrong))
    answer = refusal("S-1", refused.value)
    assert answer == {"id": "S-1", "error": {"code": code, "field": field, "message": refused.value.message}}


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_supply({"is_business": 1, "lines": 5})
    named = {error.pointer for error in refused.value.fields}
    assert named == {"/is_business", "/lines", "/seller_country", "/buyer_country", "/supply_date"}


def test_what_nobody_knows_is_left_aside() -> None:
    assert decided(sale(order="4711", colour="blue")) == decided(sale())


def test_a_period_in_which_the_rate_changes_asks_for_a_person() -> None:
    answer = decided(
        sale(buyer_country="RO", supply_date="2025-07-15", service_period={"start": "2025-07-15", "end": "2025-08-15"})
    )
    assert (answer["rate"], answer["review"], answer["advisories"]) == ("19.00", True, ["rate_changes_in_period"])


def test_the_steps_name_their_laws() -> None:
    steps = determine(read_supply(sale()), RATES).to_dict(with_steps=True)["steps"]
    assert [set(step) for step in steps] == [{"text", "law"}] * len(steps)
    assert any(step["law"] == "Directive 2006/112/EC Art. 369b" for step in steps)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=8,
)
fields = st.sampled_from([*sale(), "service_period", "non_eu_services_category", "seller_exemption"])


@given(anything | st.dictionaries(fields, anything) | st.dictionaries(fields, anything).map(lambda odd: sale(**odd)))
def test_whatever_the_json_the_answer_is_a_decision_or_a_named_field(value: Any) -> None:
    try:
        answer = determine(read_supply(value), RATES).to_dict(with_steps=True)
    except ScaiControlError as error:
        answer = refusal(None, error)
        assert answer["error"]["code"]
    else:
        assert answer["treatment"] in {treatment.value for treatment in Treatment}
        assert answer["tax_cents"] == sum(line["tax_cents"] for line in answer["lines"])
    assert json.loads(json.dumps(answer)) == answer

"""VAT numbers as customers type them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax import VatNumberFormat, find_vat_number, parse_vat_number, require_vat_number
from scaicontrol_core.tax.territory import MEMBER_STATES
from scaicontrol_core.tenancy.ports import VatNumberCheck
from scaicontrol_core.testing import builders

SOUND = [
    "ATU79549482", "BE0827559755", "DE158950105", "DK56700307", "EE103425634", "EL500985347", "ESB69897551",
    "FI51460429", "FR45522252667", "IE3507995F", "IT04597840158", "LU16120728", "NL868355884B01", "PL6885297619",
    "PT536622426", "RO11786745", "SE556008022701", "XI123456782", "BE1000341796", "BG175074752", "CY10259033P",
    "CZ25123891", "ES54362315K", "HR33392005961", "HU12892312", "LT119511515", "LV40003521600", "MT11679112",
    "SI50223054", "SK2022749619", "XIGD001", "XIHA599",
]  # fmt: skip


def test_all_member_states_and_northern_ireland_are_tried_here() -> None:
    assert {number[:2] for number in SOUND} == (MEMBER_STATES - {"GR"}) | {"EL", "XI"}


@pytest.mark.parametrize("number", [each for each in SOUND if not each.startswith("XI")])
def test_a_number_of_each_state_is_refused_under_another_country(number: str) -> None:
    home = {"EL": "GR"}.get(number[:2], number[:2])
    assert str(require_vat_number(number, home)) == number
    with pytest.raises(Invalid) as refused:
        require_vat_number(number, "DE" if home != "DE" else "FR")
    assert refused.value.code == "vat_number_country_mismatch"


@pytest.mark.parametrize("number", ["MC45522252667", "NL868355884B01"])
def test_monaco_has_french_numbers_and_no_others(number: str) -> None:
    with pytest.raises(Invalid):
        require_vat_number(number, "MC")


def test_a_last_digit_of_the_netherlands_mistyped_passes_here_and_only_the_register_tells() -> None:
    assert find_vat_number("NL868355884B02") is not None


@pytest.mark.parametrize("number", SOUND)
def test_a_sound_number_is_its_own_canonical_form(number: str) -> None:
    assert str(parse_vat_number(number)) == number


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("nl 8683.55.884.b01", "NL868355884B01"),
        ("NL868355884B01\u00a0", "NL868355884B01"),
        ("\ufeffDE158950105", "DE158950105"),
        ("DE\u2013158\u2013950\u2013105", "DE158950105"),
        ("\uff24\uff25\uff11\uff15\uff18\uff19\uff15\uff10\uff11\uff10\uff15", "DE158950105"),
        ("GR500985347", "EL500985347"),
        ("BE827559755", "BE0827559755"),
    ],
)
def test_spacing_case_width_and_the_greek_prefix_are_normalised(typed: str, canonical: str) -> None:
    number = parse_vat_number(typed)
    assert str(number) == canonical
    assert parse_vat_number(str(number)) == number


@pytest.mark.parametrize(
    "typed",
    [
        "", "NL", "868355884B01", "DE123456789", "NL868355884B1", "EU372022452", "IM3720000002", "GB980780684",
        "CHE123456788", "DE15895010?", "'; DROP TABLE", "DE" + "1" * 500, "DE\u0661\u0662\u0663", "💶",
    ],
)  # fmt: skip
def test_anything_else_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_vat_number(typed, pointer="/buyer_vat_number")
    assert refused.value.code == "vat_number_invalid"
    assert [field.pointer for field in refused.value.fields] == ["/buyer_vat_number"]
    assert find_vat_number(typed) is None


def test_a_one_stop_shop_number_is_told_apart() -> None:
    with pytest.raises(Invalid, match="One Stop Shop"):
        parse_vat_number("EU372022452")


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("FR45522252667", "MC"), ("FR45522252667", "GP"), ("EL500985347", "GR"), ("GR500985347", "EL"),
        ("XI123456782", "GB"), ("XI123456782", "XI"), ("FI51460429", "AX"), ("ESB69897551", "IC"),
    ],
)  # fmt: skip
def test_the_prefix_belongs_to_the_country_vat_sees(typed: str, country: str) -> None:
    assert require_vat_number(typed, country).prefix in ("FR", "EL", "XI", "FI", "ES")


def test_a_number_of_another_member_state_is_a_mismatch() -> None:
    with pytest.raises(Invalid) as refused:
        require_vat_number("DE158950105", "NL", pointer="/vat_number")
    assert refused.value.code == "vat_number_country_mismatch"
    assert refused.value.fields[0].pointer == "/vat_number"


def test_outside_the_eu_a_tax_number_is_kept_as_it_is() -> None:
    assert str(require_vat_number("che-123.456.788 mwst", "CH")) == "CHE123456788MWST"
    assert require_vat_number("12-3456789", "US").country is None
    with pytest.raises(Invalid):
        require_vat_number("XI123456789", "GB")
    with pytest.raises(Invalid):
        require_vat_number("n/a?", "US")


def test_tenancy_gets_the_canonical_text() -> None:
    check: VatNumberCheck = VatNumberFormat()
    assert check.normalise("be 827 559 755", "BE", "/vat_number") == "BE0827559755"


@pytest.mark.parametrize(
    ("buyer", "decides"),
    [
        ({"country_code": "DE", "vat_number": "DE158950105"}, True),
        ({"country_code": "GR", "vat_number": "EL500985347"}, True),
        ({"country_code": "MC", "vat_number": "FR45522252667"}, True),
        ({"country_code": "NL", "vat_number": "NL868966393B01"}, False),
        ({"country_code": "DE", "vat_number": "DE158950105", "is_business": False}, False),
        ({"country_code": "DE", "vat_number": None}, False),
        ({"country_code": "DE", "postal_code": "78266", "vat_number": "DE158950105"}, False),
        ({"country_code": "GB", "postal_code": "BT1 1AA", "vat_number": "XI123456782"}, False),
        ({"country_code": "CH", "vat_number": "CHE123456788"}, False),
    ],
)
def test_only_numbers_across_a_border_of_the_eu_decide_over_vat(buyer: dict[str, Any], decides: bool) -> None:  # noqa: FBT001  # a table
    details = builders.billing_details(**({"postal_code": None} | buyer))
    assert VatNumberFormat().decides_vat(details, builders.seller_configuration()) is decides


def test_only_numbers_of_the_eu_are_known_to_the_register() -> None:
    numbers = ("DE158950105", "XI123456782", "CHE123456788", "EU372022452", "DE158950106")
    assert [VatNumberFormat().is_registrable(number) for number in numbers] == [True, True, False, False, False]


def test_the_number_formats_are_not_loaded_before_they_are_needed() -> None:
    code = "import sys, scaicontrol_core.tax; sys.exit(any(name.startswith('stdnum') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # our own words

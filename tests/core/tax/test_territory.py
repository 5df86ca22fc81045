"""Addresses that VAT treats differently from the country on their label."""

from __future__ import annotations

from datetime import date

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax import MEMBER_STATES, standard_rates, territory_of
from scaicontrol_core.tax.territory import _PLACES


@pytest.mark.parametrize(
    ("country", "postal_code", "expected"),
    [
        ("NL", "3511 LX", "NL"),
        ("EL", "262 21", "GR"),
        (" gr ", None, "GR"),
        ("MC", "98000", "FR"),
        ("FR", "98000", "FR"),
        ("FR", "20000", "FR"),  # Corsica
        ("ES", "07001", "ES"),  # Balearics
        ("PT", "4700-001", "PT"),
        ("PT", "9000-001", "PT-30"),
        ("PT", "PT-9000-001", "PT-30"),
        ("PT", "9500-010", "PT-20"),
        ("PT", "9700", "PT-20"),
        ("CY", "4640", "CY"),
        ("AT", "6691", "AT"),
        ("GR", "85400", "GR"),
        ("DE", "", "DE"),
    ],
)
def test_places_inside_the_vat_territory_and_whose_rate_they_take(
    country: str, postal_code: str | None, expected: str
) -> None:
    territory = territory_of(country, postal_code)
    assert territory.in_eu_vat
    assert territory.rate_territory == expected


@pytest.mark.parametrize(
    ("country", "postal_code"),
    [
        ("ES", "35001"), ("ES", "E-38670"), ("ES", "51001"), ("ES", "52006"), ("IC", None), ("EA", None),
        ("DE", "78266"), ("DE", "D-78266"), ("DE", "27498"),
        ("IT", "23041"), ("IT", "22061"), ("GR", "63086"), ("GR", "630 86"),
        ("FR", "97300"), ("FR", "97600"), ("FR", "97133"), ("FR", "97150"), ("FR", "98800"), ("FR", "97500"),
        ("GF", None), ("YT", None), ("NC", None), ("PF", None), ("WF", None), ("PM", None), ("BL", None), ("MF", None),
        ("GB", "BT1 5GS"), ("XI", None), ("UK", "LS1 1AA"), ("IM", None), ("JE", None), ("GG", None), ("GI", None),
        ("SM", None), ("VA", None), ("AD", None), ("LI", None), ("CH", "4051"), ("NO", None), ("US", "97201"),
        ("BQ", None), ("CW", None), ("AW", None), ("SX", None), ("FO", None), ("GL", None),
    ],
)  # fmt: skip
def test_places_outside_the_vat_territory(country: str, postal_code: str | None) -> None:
    territory = territory_of(country, postal_code)
    assert not territory.in_eu_vat
    assert not territory.can_sell
    assert territory.rate_territory is None


@pytest.mark.parametrize(
    ("country", "postal_code", "home", "rates"),
    [
        ("AX", None, "FI", "FI"),
        ("FI", "22100", "FI", "FI"),
        ("FI", "AX-22100", "FI", "FI"),
        ("FR", "97110", "FR", "GP"),
        ("GP", None, "FR", "GP"),
        ("FR", "97200", "FR", "MQ"),
        ("FR", "97400", "FR", "RE"),
    ],
)
def test_places_that_only_their_own_state_taxes(country: str, postal_code: str | None, home: str, rates: str) -> None:
    place = territory_of(country, postal_code)
    assert place.is_taxed_from(territory_of(home))
    assert not place.is_taxed_from(territory_of("NL"))
    assert place.rate_territory == rates
    assert place.review


def test_contested_places_are_flagged_and_say_why() -> None:
    for country, postal_code in [("AT", "6992"), ("GR", "85300"), ("IT", "23030"), ("IT", "22060"), ("AX", None)]:
        place = territory_of(country, postal_code)
        assert place.review
        assert place.note
    assert not territory_of("PT", "9000-001").review


@pytest.mark.parametrize("postal_code", ["", "   ", "?", "35", "3500", "350011", "ABCDE", "7001", "🏝", "E" * 5000])
def test_a_postal_code_that_says_nothing_means_the_mainland(postal_code: str) -> None:
    assert territory_of("ES", postal_code).rate_territory == "ES"


def test_full_width_digits_are_digits() -> None:
    assert territory_of("ES", "\uff13\uff15\uff10\uff10\uff11").place == "Canary Islands"


@pytest.mark.parametrize("country", ["", "ZZ", "EU", "NLD", "Nederland"])
def test_an_unknown_country_is_refused_at_its_field(country: str) -> None:
    with pytest.raises(Invalid) as refused:
        territory_of(country, pointer="/buyer_country")
    assert refused.value.code == "country_unknown"
    assert refused.value.fields[0].pointer == "/buyer_country"


def test_every_member_state_and_every_taxed_place_of_the_table_has_a_rate_today() -> None:
    rates = standard_rates()
    taxed = {*MEMBER_STATES, *(rate for place in _PLACES if (rate := place.territory().rate_territory))}
    assert len(MEMBER_STATES) == 27
    for territory in taxed:
        assert rates.rate_on(territory, date(2026, 11, 20)).rate_bp > 0

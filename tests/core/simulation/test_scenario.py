"""A scenario is read whole, or refused with a pointer to everything that is wrong with it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.simulation import Scenario, read_scenario


def refused(raw: object) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read_scenario(raw)
    return caught.value


def test_the_example_is_a_scenario(scenario: Scenario) -> None:
    assert (scenario.period.start, scenario.period.end) == (date(2026, 1, 1), date(2026, 4, 1))
    assert scenario.resellers[0].partner.configuration.legal_name == "Nordlicht Handels GmbH"
    assert scenario.usage.metrics[1].distinct == "user_id"


def test_another_seed_takes_the_place_of_its_own(raw: dict[str, Any]) -> None:
    assert read_scenario(raw, seed=99).seed == 99


def test_most_of_it_may_be_left_out(raw: dict[str, Any]) -> None:
    for name in ("resellers", "ladders", "habits", "usage", "paying", "seed"):
        del raw[name]
    scenario = read_scenario(raw)
    assert (scenario.seed, scenario.habits.upgrade, scenario.usage.metrics, scenario.documents) == (0, 0, (), False)


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        ("months", 0, "/months", "number_invalid"),
        ("months", None, "/months", "required"),
        ("starts_on", "soon", "/starts_on", "date_invalid"),
        ("seed", -1, "/seed", "number_invalid"),
        ("offers", [], "/offers", "offer_invalid"),
        ("offers", [{"plan": "keys.none"}], "/offers/0/plan", "name_unknown"),
        ("offers", [{"pack": "none"}], "/offers/0/pack", "name_unknown"),
        ("offers", [{"plan": "keys.pro", "pack": "together"}], "/offers/0", "offer_invalid"),
        ("offers", "all", "/offers", "list_invalid"),
        ("ladders", [["keys.pro", "mail.team"]], "/ladders/0", "ladder_invalid"),
        ("ladders", [["keys.pro", "keys.none"]], "/ladders/0/1", "name_unknown"),
        ("ladders", ["keys.pro"], "/ladders/0", "ladder_invalid"),
        ("customers.count", 0, "/customers/count", "number_invalid"),
        ("customers.countries", {}, "/customers/countries", "countries_invalid"),
        ("customers.countries", {"XX": 1}, "/customers/countries/XX", "country_unknown"),
        ("customers.countries", {"NL": "many"}, "/customers/countries/NL", "number_invalid"),
        ("customers.countries", {"NL": 0}, "/customers/countries", "countries_invalid"),
        ("customers.consumers", 1001, "/customers/consumers", "number_invalid"),
        ("habits.upgrade", 2.5, "/habits/upgrade", "number_invalid"),
        ("habits.dance", 5, "/habits/dance", "field_unknown"),
        ("usage.every_days", 0, "/usage/every_days", "number_invalid"),
        ("usage.metrics.0.metric", "none", "/usage/metrics/0", "name_unknown"),
        ("usage.metrics.0.monthly", None, "/usage/metrics/0/monthly", "required"),
        ("paying.retry_days", [3, 3], "/paying/retry_days/1", "list_invalid"),
        ("resellers.0.share", 1001, "/resellers/0/share", "number_invalid"),
        ("resellers.0.configuration.colour", "red", "/resellers/0/configuration/colour", "field_unknown"),
        ("operator.name", "", "/operator/name", "required"),
        ("catalogue.services.0.slug", "No Slug", "/catalogue/services/0/slug", "slug_invalid"),
        ("documents", "yes", "/documents", "flag_invalid"),
        ("weather", "rain", "/weather", "field_unknown"),
    ],
)
def test_what_is_wrong_is_pointed_at(raw: dict[str, Any], path: str, value: Any, pointer: str, code: str) -> None:
    place: Any = raw
    *above, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in above:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    error = refused(raw)
    assert pointer in [field.pointer for field in error.fields]
    assert error.code == code


def test_all_faults_are_named_at_once(raw: dict[str, Any]) -> None:
    raw["customers"]["cards"] = -1
    raw["habits"]["pause"] = "often"
    raw["paying"]["never"] = 2000
    assert {field.pointer for field in refused(raw).fields} == {"/customers/cards", "/habits/pause", "/paying/never"}


@pytest.mark.parametrize("raw", [None, [], "a scenario", {}])
def test_what_is_no_scenario_at_all(raw: object) -> None:
    assert refused(raw).fields

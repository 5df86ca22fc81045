"""The small example scenario, as a plain value to bend and as a scenario."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaicontrol_core.simulation import Scenario, Stream, read_scenario
from scaicontrol_core.simulation.population import Customer, population
from scaicontrol_core.tax import VatNumberFormat

SCENARIOS = Path(__file__).parents[3] / "docs" / "examples" / "scenarios"


def _load(name: str) -> Any:
    return yaml.safe_load((SCENARIOS / name).read_text())


_SMALL = _load("first_quarter.yaml") | {part: _load(f"{part}.yaml") for part in ("operator", "catalogue")}


@pytest.fixture
def raw() -> dict[str, Any]:
    """The scenario as its file says it."""
    return deepcopy(_SMALL)


@pytest.fixture
def scenario(raw: dict[str, Any]) -> Scenario:
    """The scenario."""
    return read_scenario(raw)


@pytest.fixture
def customers(scenario: Scenario) -> tuple[Customer, ...]:
    """Everybody who will ever join."""
    return population(scenario, Stream.of(scenario.seed), VatNumberFormat().is_registrable)

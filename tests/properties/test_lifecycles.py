"""Lifecycles: only what the table allows happens, and the picture in the docs is the table."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.billing_run import RUN_LIFECYCLE
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE
from scaicontrol_core.kernel.errors import InvalidTransition
from scaicontrol_core.kernel.lifecycle import Lifecycle
from scaicontrol_core.subscriptions.lifecycle import SUBSCRIPTION_LIFECYCLE

LIFECYCLES = [SUBSCRIPTION_LIFECYCLE, INVOICE_LIFECYCLE, RUN_LIFECYCLE]
every_lifecycle = pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)


class Light(StrEnum):
    """The lifecycle everybody knows, and the day it is taken down."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    SCRAPPED = "scrapped"


LIGHT = Lifecycle(
    name="light",
    initial=Light.RED,
    edges={
        Light.GREEN: frozenset({Light.AMBER}),
        Light.AMBER: frozenset({Light.RED}),
        Light.RED: frozenset({Light.GREEN, Light.SCRAPPED}),
        Light.SCRAPPED: frozenset(),
    },
)


@given(st.sampled_from(Light), st.sampled_from(Light))
def test_a_move_is_allowed_exactly_if_the_table_has_it(source: Light, target: Light) -> None:
    if target in LIGHT.targets(source):
        LIGHT.require(source, target)
        return
    with pytest.raises(InvalidTransition) as refusal:
        LIGHT.require(source, target)
    assert (refusal.value.source, refusal.value.target) == (source, target)
    assert refusal.value.allowed == tuple(sorted(LIGHT.targets(source)))
    assert refusal.value.fields[0].pointer == "/status"


def test_a_refusal_names_both_states_and_the_way_out() -> None:
    with pytest.raises(InvalidTransition, match=r"A light that is red cannot become amber; allowed: green, scrapped\."):
        LIGHT.require(Light.RED, Light.AMBER)
    with pytest.raises(InvalidTransition, match="terminal"):
        LIGHT.require(Light.SCRAPPED, Light.GREEN)


def test_the_drawing_shows_every_edge_and_no_other() -> None:
    assert LIGHT.mermaid().splitlines() == [
        "stateDiagram-v2",
        "    [*] --> red",
        "    green --> amber",
        "    amber --> red",
        "    red --> green",
        "    red --> scrapped",
        "    scrapped --> [*]",
    ]
    assert LIGHT.terminal == {Light.SCRAPPED}
    assert LIGHT.states == tuple(Light)


@every_lifecycle
def test_the_table_names_every_state_of_its_enum(lifecycle: Lifecycle[Any]) -> None:
    assert set(lifecycle.states) == set(type(lifecycle.initial))
    assert all(targets <= set(lifecycle.states) for targets in lifecycle.edges.values())


@every_lifecycle
def test_every_state_is_reached_from_the_first_and_can_come_to_an_end(lifecycle: Lifecycle[Any]) -> None:
    assert _reach(lifecycle, lifecycle.initial) == set(lifecycle.states)
    assert all(_reach(lifecycle, state) & lifecycle.terminal for state in lifecycle.states)


@every_lifecycle
def test_no_state_leads_to_itself(lifecycle: Lifecycle[Any]) -> None:
    assert all(state not in targets for state, targets in lifecycle.edges.items())


@every_lifecycle
@given(walk=st.data())
def test_any_walk_through_the_table_is_legal_and_nothing_follows_its_end(
    lifecycle: Lifecycle[Any], walk: st.DataObject
) -> None:
    state = lifecycle.initial
    for _ in range(20):
        if state in lifecycle.terminal:
            break
        step = walk.draw(st.sampled_from(sorted(lifecycle.targets(state))))
        lifecycle.require(state, step)
        state = step
    if state in lifecycle.terminal:
        for target in lifecycle.states:
            with pytest.raises(InvalidTransition):
                lifecycle.require(state, target)


def _reach(lifecycle: Lifecycle[Any], start: Any) -> set[Any]:
    reached, open_states = {start}, [start]
    while open_states:
        fresh = lifecycle.targets(open_states.pop()) - reached
        reached |= fresh
        open_states += fresh
    return reached

"""Every lifecycle is one table, and the table is all there is."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.billing.billing_run import RUN_LIFECYCLE
from scaicontrol_core.billing.lifecycle import INVOICE_LIFECYCLE
from scaicontrol_core.kernel.errors import ErrorKind, InvalidTransition
from scaicontrol_core.kernel.lifecycle import Lifecycle
from scaicontrol_core.payments.lifecycle import METHOD_LIFECYCLE, PAYMENT_LIFECYCLE
from scaicontrol_core.subscriptions import LIVE_STATUSES, SUBSCRIPTION_LIFECYCLE

LIFECYCLES = [SUBSCRIPTION_LIFECYCLE, INVOICE_LIFECYCLE, PAYMENT_LIFECYCLE, METHOD_LIFECYCLE, RUN_LIFECYCLE]
EDGES = {
    "subscription": """
        pending: trialing active cancelled
        trialing: active suspended cancelled
        active: past_due cancelling suspended cancelled expired
        past_due: active suspended cancelled
        cancelling: active cancelled
        suspended: active cancelled
        cancelled:
        expired:""",
    "invoice": """
        draft: finalized void
        finalized: sent void
        sent: paid past_due void
        past_due: paid void
        paid: past_due
        void:""",
    "payment": """
        initiated: pending succeeded failed
        pending: succeeded failed
        succeeded:
        failed:""",
    "payment method": """
        active: detached
        detached:""",
    "billing run": """
        running: completed
        completed:""",
}


@pytest.fixture(params=LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def lifecycle(request: pytest.FixtureRequest) -> Lifecycle[Any]:
    """One table after the other."""
    return request.param  # type: ignore[no-any-return]


def test_the_table_is_the_one_that_was_agreed(lifecycle: Lifecycle[Any]) -> None:
    rows = (line.partition(":") for line in EDGES[lifecycle.name].split("\n") if line)
    agreed = {source.strip(): set(targets.split()) for source, _, targets in rows}
    assert {source.value: {each.value for each in targets} for source, targets in lifecycle.edges.items()} == agreed


def test_each_pair_of_states_is_an_edge_or_an_error_that_names_both(lifecycle: Lifecycle[Any]) -> None:
    for source in lifecycle.states:
        for target in lifecycle.states:
            if target in lifecycle.targets(source):
                lifecycle.require(source, target)
                continue
            with pytest.raises(InvalidTransition) as refused:
                lifecycle.require(source, target)
            assert (refused.value.source, refused.value.target) == (source.value, target.value)
            assert refused.value.allowed == tuple(sorted(each.value for each in lifecycle.targets(source)))
            assert refused.value.kind is ErrorKind.REFUSED


def test_every_state_can_be_reached_and_left_unless_it_is_final(lifecycle: Lifecycle[Any]) -> None:
    reached, frontier = {lifecycle.initial}, [lifecycle.initial]
    while frontier:
        fresh = lifecycle.targets(frontier.pop()) - reached
        reached |= fresh
        frontier += fresh
    assert reached == set(lifecycle.states)
    assert lifecycle.terminal
    assert all(not lifecycle.targets(state) for state in lifecycle.terminal)


def test_the_diagram_draws_every_edge(lifecycle: Lifecycle[Any]) -> None:
    drawn = lifecycle.mermaid().splitlines()
    arrows = [
        f"    {source.value} --> {target.value}" for source in lifecycle.edges for target in lifecycle.edges[source]
    ]
    ends = [f"    {state.value} --> [*]" for state in lifecycle.terminal]
    assert sorted(drawn[1:]) == sorted([f"    [*] --> {lifecycle.initial.value}", *arrows, *ends])


def test_what_is_not_over_is_live() -> None:
    assert {state.value for state in SUBSCRIPTION_LIFECYCLE.states} - {state.value for state in LIVE_STATUSES} == {
        "cancelled",
        "expired",
    }

"""Which template a tenant's documents are written with, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents.resolution import Chooser, ChosenNames, Resolution, resolve

NAMES = ChosenNames(tenant="Acme", partner="House")
CHAIN = [("Acme", "invoice", "nl"), ("Acme", "invoice", None), ("House", "invoice", "nl"), ("House", "invoice", None)]


def _found(resolution: Resolution) -> tuple[str | None, str, str | None]:
    return (resolution.chosen.name, resolution.document_type, resolution.chosen.language)


@pytest.mark.parametrize("missing", range(4))
def test_the_first_hit_of_the_chain_wins(missing: int) -> None:
    """Tenant before partner; the language before any language."""
    resolution = resolve("invoice", "nl", NAMES, CHAIN[missing:])
    assert _found(resolution) == CHAIN[missing]
    assert [step.found for step in resolution.trace] == [False] * missing + [True]


def test_without_any_the_built_in_one_is_used() -> None:
    """Other names, other types and other languages are no hits."""
    others = [("Acme", "credit_note", "nl"), ("Acme", "invoice", "de"), ("Other", "invoice", None)]
    assert resolve("invoice", "nl", NAMES, others).built_in


def test_every_step_says_why() -> None:
    """An operator who wonders reads the trace."""
    resolution = resolve("invoice", "nl", ChosenNames(partner="House"), [CHAIN[3]])
    assert [step.reason for step in resolution.trace] == [
        "The tenant names no template.",
        "The partner's template 'House' in nl: there is none.",
        "The partner's template 'House' in any language: found.",
    ]


@given(st.sets(st.sampled_from(CHAIN)), st.sampled_from([None, "Acme"]), st.sampled_from([None, "House"]))
def test_what_is_found_exists_and_nothing_before_it_did(
    existing: set[tuple[str, str, str | None]], tenant: str | None, partner: str | None
) -> None:
    """Whatever exists, there is one answer, and it is the first possible one."""
    resolution = resolve("invoice", "nl", ChosenNames(tenant=tenant, partner=partner), existing)
    assert resolution.chosen.found
    assert not any(step.found for step in resolution.trace[:-1])
    if resolution.chosen.chooser is not Chooser.BUILT_IN:
        assert _found(resolution) in existing

"""The house keeps its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.architecture import rules
from tests.architecture.sources import Finding, Module, core, modules, shipped

Rule = Callable[[Module], Iterator[Finding]]


def broken(rule: Rule, where: Iterable[Module]) -> list[str]:
    """Return what a rule finds, as sentences with their places."""
    return [str(finding) for module in where for finding in rule(module)]


@pytest.mark.parametrize(
    "rule",
    [
        rules.uses_float,
        rules.reads_the_clock,
        rules.uses_chance,
        rules.imports_too_much,
        rules.sets_status_outside_move,
    ],
    ids=lambda rule: rule.__name__,
)
def test_the_core_is_pure(rule: Rule) -> None:
    assert len(core()) > 1
    assert broken(rule, core()) == []


def test_every_module_says_what_it_is_for() -> None:
    assert broken(rules.lacks_docstring, shipped()) == []


def test_names_say_what_a_thing_is() -> None:
    assert broken(rules.has_vague_name, shipped()) == []


def test_repositories_leave_nothing_out_of_the_tenancy_guard_s_sight() -> None:
    assert broken(rules.writes_raw_sql, modules("scaicontrol_adapters/sql/repositories")) == []


def test_no_lock_that_a_cluster_grants_to_everybody() -> None:
    assert broken(rules.takes_a_named_lock, (*shipped(), *modules("migrations"))) == []

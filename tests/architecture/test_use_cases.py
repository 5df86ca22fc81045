"""Every use case has the one shape, a permission and a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from tests.architecture import use_cases
from tests.architecture.sources import ROOT, Finding, Module, core

Rule = Callable[[Module], Iterator[Finding]]

MODULES = tuple(module for module in core() if use_cases.is_use_case_module(module))


@pytest.mark.parametrize(
    "rule",
    [
        use_cases.is_not_one_use_case,
        use_cases.has_another_shape,
        use_cases.asks_no_permission,
        use_cases.imports_another_use_case,
    ],
    ids=lambda rule: rule.__name__,
)
def test_use_cases_have_one_shape(rule: Rule) -> None:
    assert MODULES
    assert [str(finding) for module in MODULES for finding in rule(module)] == []


def test_every_use_case_is_told_of_in_a_test() -> None:
    here = ROOT / "tests" / "architecture"
    tests = [path for path in (ROOT / "tests").rglob("*.py") if here not in path.parents]
    words = {word for path in tests for word in re.findall(r"\w+", path.read_text())}
    untold = {case.name for module in MODULES for case in use_cases.use_cases(module)} - words
    assert sorted(untold) == []


def test_whoever_needs_no_permission_exists_and_has_a_reason() -> None:
    there = {case.name for module in MODULES for case in use_cases.use_cases(module)}
    assert use_cases.PUBLIC.keys() <= there
    assert all(reason.strip() for reason in use_cases.PUBLIC.values())

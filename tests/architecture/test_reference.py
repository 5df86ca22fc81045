"""The reference is what the code says: every page made from it is the page that is committed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.generate import REFERENCE
from docs.generating import PAGES, operations
from docs.generating.calls import reached
from docs.generating.error_codes import error_classes, error_codes
from docs.generating.markdown import COMMAND, Page
from docs.generating.use_case_asks import asking_use_cases
from scaicontrol_core.access import Permission, Role
from tests.architecture import use_cases
from tests.architecture.sources import ROOT, core

MakePage = Callable[[], Page]
#: Pages of other origins: each has a test of its own.
OTHERS = {"document.schema.json"}
BY_HAND = (
    "how-to/back-up-and-verify.md",
    "how-to/run-in-production.md",
    "how-to/observe.md",
    "how-to/when-something-fails.md",
    "concepts/architecture.md",
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("make", PAGES, ids=lambda make: make.__module__.rpartition(".")[2])
def test_the_committed_page_is_what_the_code_says(make: MakePage) -> None:
    page = make()
    assert (REFERENCE / page.name).read_text() == page.text(), f"run: {COMMAND}"


def test_the_notes_on_operations_are_what_the_code_says() -> None:
    assert operations.FILE.read_text() == operations.text(), f"run: {COMMAND}"


def test_nothing_else_stands_in_the_reference() -> None:
    assert {path.name for path in REFERENCE.iterdir()} - OTHERS == {make().name for make in PAGES}


@pytest.mark.parametrize(
    "path",
    [*sorted(REFERENCE.glob("*.md")), *(ROOT / "docs" / name for name in BY_HAND)],
    ids=lambda path: path.name,
)
def test_its_links_lead_somewhere(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text()) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_use_case_is_in_the_reference() -> None:
    modules = [module for module in core() if use_cases.is_use_case_module(module)]
    names = {case.name for module in modules for case in use_cases.use_cases(module)}
    assert {case.name for case in asking_use_cases()} == names


def test_what_a_use_case_asks_for_is_read_from_its_source() -> None:
    asks = {case.name: case for case in asking_use_cases()}
    assert asks["CancelSubscription"].permissions == {Permission.ADMIN_SUBSCRIPTIONS, Permission.BILLING_MANAGE}
    assert asks["CancelSubscription"].open_to(Role.TENANT_ADMIN)
    assert not asks["CreatePartner"].open_to(Role.PARTNER_ADMIN), "partners are the platform's to make"
    assert asks["ListPlans"].open_to(None), "the public catalogue needs no permission"


def test_surfaces_are_found_through_what_they_call() -> None:
    assert "RenderDocument" in reached("scaicontrol_jobs.documents", "render_documents")
    assert reached("scaicontrol_cli.operating", "version") == frozenset()


def test_every_error_class_that_is_raised_has_its_code_in_the_reference() -> None:
    listed = {each.code for each in error_codes()}
    assert {"invoice_immutable", "stale_version", "plan_not_found", "audit_log_append_only"} <= listed
    assert all(each.code for each in error_classes().values())

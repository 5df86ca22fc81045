"""The page on observing lists the numbers that ``/metrics`` really has, and its rules ask for no others."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from httpx import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from scaicontrol_adapters.sql.retry import retried
from scaicontrol_core.kernel.errors import Retryable
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "how-to" / "observe.md").read_text()
ROW = re.compile(r"^\| `(scaicontrol_\w+)` \| (\w+) \|", re.MULTILINE)
#: What a histogram is asked for by.
SUFFIXES = ("_bucket", "_sum", "_count")


@pytest.fixture
async def exposed(client: AsyncClient, admin: dict[str, str]) -> dict[str, str]:
    """Every number of a server: its name as it is asked for, and its type."""
    await client.get("/api/v1/admin/partners", headers=admin)
    families = list(text_string_to_metric_families((await client.get("/metrics")).text))
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in families
        if not family.name.endswith("_created")
    }


def rules() -> list[dict[str, Any]]:
    """Return the alert rules, read as Prometheus would."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return [rule for group in yaml.safe_load(block)["groups"] for rule in group["rules"]]


async def test_the_page_lists_every_number_there_is_and_no_other(exposed: dict[str, str]) -> None:
    assert dict(ROW.findall(PAGE)) == exposed


async def test_rules_and_dashboard_ask_for_numbers_there_are(exposed: dict[str, str]) -> None:
    known = {*exposed, *(name + end for name, kind in exposed.items() if kind == "histogram" for end in SUFFIXES)}
    assert set(re.findall(r"\bscaicontrol_\w+", PAGE)) - known == set()


async def test_what_is_run_again_is_counted(client: AsyncClient) -> None:
    async def loses_once() -> None:
        if not lost:
            lost.append(True)
            raise Retryable("deadlock", code="deadlock_of_this_test")

    lost: list[bool] = []
    await retried(loses_once)()
    said = (await client.get("/metrics")).text
    assert 'scaicontrol_transaction_retries_total{reason="deadlock_of_this_test"} 1.0' in said


def test_rules_are_whole() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) > 10
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_number_is_watched_or_drawn() -> None:
    numbers = [name for name, _ in ROW.findall(PAGE)]
    asked = PAGE[PAGE.index("## Alert rules") :]
    assert [name for name in numbers if not re.search(rf"\b{name}(_bucket)?\b", asked)] == []

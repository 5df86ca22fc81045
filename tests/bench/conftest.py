"""One table for all benches: what we do per second, the raw limit of the same run, and their ratio."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import asdict

from tests.bench.measured import Measured

RESULTS = pytest.StashKey[list[Measured]]()


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config) -> Callable[[Measured], None]:
    """Keep a figure for the table."""
    results = pytestconfig.stash.setdefault(RESULTS, [])
    return results.append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Print the table and write bench.json beside it."""
    results = session.config.stash.get(RESULTS, [])
    if not results:
        return
    print(f"\n\n{'what':<52}{'per second':>14}  {'raw limit in the same run':<44}{'limit':>12}{'ratio':>8}{'aim':>7}")
    for each in results:
        limit = f"{each.limit_rate:,.1f}" if each.limit_rate else "–"
        ratio = f"{each.ratio:.2f}" if each.ratio else "–"
        aim = f"≥{each.aim}" if each.aim else "–"
        row = f"{each.what:<52}{each.rate:>10,.1f} {each.unit:<3}  {each.limit:<44}{limit:>12}{ratio:>8}{aim:>7}"
        print(f"{row}  {each.note}")
    cores = len(os.sched_getaffinity(0))
    rows = [asdict(each) | {"ratio": each.ratio} for each in results]
    Path("bench.json").write_text(json.dumps({"cores": cores, "results": rows}, indent=2) + "\n", encoding="utf-8")

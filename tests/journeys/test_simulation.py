"""The small example scenario as people type it: the same to the last byte, whole, and clean."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from typer.testing import CliRunner

from scaicontrol_adapters.container import Container
from scaicontrol_cli.main import app
from scaicontrol_cli.simulation.founding import settings_of
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.billing.use_cases.report_vat import ReportVat
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.simulation import VirtualClock
from scaicontrol_core.tenancy.use_cases.list_partners import ListPartners

SCENARIOS = Path(__file__).parents[2] / "docs" / "examples" / "scenarios"
SMALL = SCENARIOS / "first_quarter.yaml"
PROGRAM = "from scaicontrol_cli.main import run; run()"
#: What has to happen for the scenario to be worth running.
EVERY_ACT = {
    "billing_run", "buy_more", "cancel", "cancel_at_once", "cancel_unpaid", "change_mind", "change_quantity",
    "come_back", "convert", "credit_note", "downgrade", "extend_trial", "failed_payment", "first_purchase", "join",
    "overdue", "pack", "pause", "payment", "refund", "sent", "trial", "trial_notice", "upgrade",
}  # fmt: skip


@frozen
class Lived:
    """A simulation that was run: what it printed, and the folder it left."""

    report: dict[str, Any]
    folder: Path

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table, in the order in which it lies there."""
        database = sqlite3.connect(self.folder / "scaicontrol.db")
        try:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(names)}  # noqa: S608  # own schema
        finally:
            database.close()


def simulated(folder: Path, *options: str, hash_seed: str = "0") -> Lived:
    """Run the program in a process of its own, in which sets have an order of their own."""
    words = [sys.executable, "-c", PROGRAM, "simulate", str(SMALL), "--into", str(folder), "--json", *options]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Lived(json.loads(done.stdout), folder)


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The whole quarter."""
    return simulated(tmp_path_factory.mktemp("quarter"))


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Its first month only."""
    return simulated(tmp_path_factory.mktemp("january"), "--until", "2026-01-31", hash_seed="1")


def test_the_same_seed_leaves_the_same_bytes(january: Lived, tmp_path: Path) -> None:
    again = simulated(tmp_path / "again", "--until", "2026-01-31", hash_seed="2")
    assert again.report == january.report
    assert again.rows() == january.rows()


def test_another_seed_is_another_business(january: Lived, tmp_path: Path) -> None:
    other = simulated(tmp_path / "other", "--until", "2026-01-31", "--seed", "99")
    assert other.report["months"] != january.report["months"]
    ids = [{row[0] for row in lived.rows()["tenants"]} for lived in (january, other)]
    assert not ids[0] & ids[1]


def test_a_month_is_the_beginning_of_the_quarter(january: Lived, quarter: Lived) -> None:
    assert january.report["months"] == quarter.report["months"][:1]
    short, long = january.rows()["audit_log"], quarter.rows()["audit_log"]
    assert len(long) > len(short) > 0
    assert long[: len(short)] == short


def test_everything_happens_and_nothing_contradicts_it(quarter: Lived) -> None:
    counts = quarter.report["counts"]
    assert {name for name, count in counts["done"].items() if count} >= EVERY_ACT
    outcomes = {name.partition(":")[0] for name in counts["usage"]}
    assert outcomes == {"accepted", "duplicate", "rejected", "threshold reached"}
    assert {"rejected: too_late", "rejected: period_billed"} & counts["usage"].keys()
    assert not [name for name in counts["refused"] if name.startswith("billing")]
    assert quarter.report["audit"]["clean"]
    countries = {row["country"] for month in quarter.report["months"] for row in month["vat"]}
    assert len(countries) >= 6
    assert {row["seller"] for month in quarter.report["months"] for row in month["vat"]} == {
        "Simulated Software",
        "Nordlicht",
    }
    assert any(month["recurring"]["churned"] for month in quarter.report["months"])
    assert any(month["ageing"]["days_1_30_cents"] for month in quarter.report["months"])


def test_the_auditor_says_so_too(quarter: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(quarter.folder))
    audited = CliRunner().invoke(app, ["admin", "audit", "--json"])
    assert audited.exit_code == 0, audited.stderr
    ours, theirs = quarter.report["audit"], json.loads(audited.stdout)
    assert theirs["rules"] == ours["rules"]


async def test_what_was_invoiced_is_what_the_vat_reports_declare(quarter: Lived) -> None:
    stated: Counter[tuple[str, str, str]] = Counter()
    for month in quarter.report["months"]:
        assert month["net_cents"] == sum(row["net_cents"] for row in month["vat"])
        assert month["documents"] == sum(row["documents"] for row in month["vat"])
        for row in month["vat"]:
            stated[row["seller"], row["country"], "net"] += row["net_cents"]
            stated[row["seller"], row["country"], "tax"] += row["tax_cents"]
    declared: Counter[tuple[str, str, str]] = Counter()
    clock = VirtualClock(datetime(2026, 4, 1, tzinfo=UTC))
    actor = Actor.system("test")
    async with Container.from_settings(settings_of(quarter.folder), clock=clock) as container:
        sellers = await container.use(ListPartners)(actor, PageRequest())
        for seller in sellers.items:
            for period in ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"):
                report = await container.use(ReportVat)(actor, period, seller.id)
                assert report.tie_out.ties
                for group in (*report.rows, *report.corrections):
                    declared[seller.name, group.country, "net"] += group.net_cents
                    declared[seller.name, group.country, "tax"] += group.tax_cents
    assert +declared == +stated


# -- what is no simulation ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [", "file_syntax"),
        ("- a list", "file_syntax"),
        ("name: nothing else", "/starts_on"),
        ("name: Bad\ncustomers: {countries: {NO: 3}}", "the key False is not text"),
    ],
)
def test_a_bad_scenario_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    result = CliRunner().invoke(app, ["simulate", str(tmp_path / "bad.yaml"), "--into", str(tmp_path / "sim")])
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "sim").exists()


@pytest.mark.parametrize("until", ["2025-12-31", "2026-04-01", "soon"])
def test_the_last_day_is_one_of_the_scenarios(tmp_path: Path, until: str) -> None:
    result = CliRunner().invoke(app, ["simulate", str(SMALL), "--until", until, "--into", str(tmp_path / "sim")])
    assert (result.exit_code, "/until" in result.stderr) == (2, True)


def test_a_simulation_begins_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("dear to somebody")
    result = CliRunner().invoke(app, ["simulate", str(SMALL), "--into", str(tmp_path)])
    assert result.exit_code == 1
    assert "simulation_folder_taken" in result.stderr

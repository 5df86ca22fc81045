"""The main road, whole: a catalogue, sixty customers, ten months, on both databases."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_cli.main import app

CUSTOMERS = Path(__file__).parent / "data" / "customers.csv"
OTHER_OPERATOR = "name: Somebody Else\nconfiguration: {legal_name: Somebody Else B.V., seller_country_code: NL}\n"
Demo = Callable[..., Mapping[str, Any]]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Run the demo on a database, and return what it reports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))

    def run(url: str, *options: str) -> Mapping[str, Any]:
        monkeypatch.setenv("SCAICONTROL_DATABASE_URL", url)
        result = CliRunner().invoke(app, ["demo", "--json", *options])
        assert result.exit_code == 0, result.stderr
        report: Mapping[str, Any] = json.loads(result.stdout)
        return report

    return run


def read(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return what a query finds."""

    async def within() -> list[tuple[Any, ...]]:
        database = create_engine(url)
        try:
            async with database.writer.connect() as connection:
                return [tuple(row) for row in (await connection.execute(text(statement))).all()]
        finally:
            await database.aclose()

    return asyncio.run(within())


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of an SQLite database."""
    tables = read(url, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return {name: sorted(read(url, f"SELECT * FROM {name}"), key=repr) for (name,) in tables}  # noqa: S608  # own schema


def test_a_second_run_is_the_same_table_and_changes_no_row(demo: Demo, migrated_sqlite_url: str) -> None:
    first = demo(migrated_sqlite_url, "--no-pdf")
    assert first["customers"] >= 20
    assert len({group["country"] for group in first["vat"]}) >= 12
    assert first["this_run"]["invoices_made"] == first["invoices"] > 150
    assert first["this_run"]["credit_notes_made"] == first["credit_notes"] == 1
    assert first["net_cents"] + first["tax_cents"] == first["gross_cents"]
    assert (first["failed"], first["skipped"], first["unbilled"]) == ([], [], [])
    audited = CliRunner().invoke(app, ["admin", "audit"])
    assert audited.exit_code == 0, audited.stderr
    before = everything(migrated_sqlite_url)
    second = demo(migrated_sqlite_url, "--no-pdf")
    assert everything(migrated_sqlite_url) == before
    assert set(second["this_run"].values()) == {0}
    same = first.keys() - {"this_run", "token"}
    assert {name: second[name] for name in same} == {name: first[name] for name in same}


def test_one_broken_customer_is_reported_and_the_others_go_on(demo: Demo, migrated_sqlite_url: str) -> None:
    report = demo(migrated_sqlite_url, "--no-pdf", "--customers", str(CUSTOMERS), "--until", "2026-02")
    (failed,) = report["failed"]
    assert (failed["external_reference"], failed["code"]) == ("s14", "vat_number_invalid")
    assert report["customers"] == 59
    assert report["skipped"] == []
    billed = read(migrated_sqlite_url, "SELECT count(DISTINCT tenant_id) FROM invoices")[0][0]
    assert billed > 30


def test_an_interrupted_load_goes_on_where_it_stopped(demo: Demo, tmp_path: Path, migrated_sqlite_url: str) -> None:
    demo(migrated_sqlite_url, "--no-pdf", "--until", "2026-03")
    resumed = demo(migrated_sqlite_url, "--no-pdf", "--until", "2026-05")
    fresh = f"sqlite+aiosqlite:///{tmp_path / 'fresh.db'}"
    at_once = demo(fresh, "--no-pdf", "--until", "2026-05")
    assert resumed["vat"] == at_once["vat"]
    frozen = "SELECT number, frozen_document FROM invoices ORDER BY number"
    assert read(migrated_sqlite_url, frozen) == read(fresh, frozen)


def test_a_killed_load_is_finished_by_the_next_one(demo: Demo, tmp_path: Path, migrated_sqlite_url: str) -> None:
    environment = os.environ | {"SCAICONTROL_DATABASE_URL": migrated_sqlite_url}
    words = [sys.executable, "-c", "from scaicontrol_cli.main import app; app(['demo', '--no-pdf'])"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None and read(migrated_sqlite_url, "SELECT count(*) FROM invoices") < [(40,)]:
            continue
        process.kill()
    assert process.returncode == -signal.SIGKILL
    demo(migrated_sqlite_url, "--no-pdf")
    fresh = f"sqlite+aiosqlite:///{tmp_path / 'fresh.db'}"
    demo(fresh, "--no-pdf")
    frozen = "SELECT number, frozen_document, chain_hash FROM invoices ORDER BY number"
    assert read(migrated_sqlite_url, frozen) == read(fresh, frozen)


@pytest.mark.services
def test_the_same_load_freezes_the_same_bytes_on_both_databases(
    demo: Demo, migrated_sqlite_url: str, migrated_mariadb_url: str
) -> None:
    """Sixty customers, one of them broken, January to October, anchors on the 28th to the 31st."""
    reports = [
        demo(url, "--no-pdf", "--customers", str(CUSTOMERS)) for url in (migrated_sqlite_url, migrated_mariadb_url)
    ]
    documents = [
        read(url, "SELECT number, frozen_document, chain_hash FROM invoices ORDER BY number")
        for url in (migrated_sqlite_url, migrated_mariadb_url)
    ]
    assert len(documents[0]) == reports[0]["invoices"] > 300
    for on_sqlite, on_mariadb in zip(*documents, strict=True):
        assert on_sqlite == on_mariadb
    counted = ("customers", "subscriptions", "invoices", "net_cents", "tax_cents", "gross_cents", "vat", "skipped")
    assert {name: reports[0][name] for name in counted} == {name: reports[1][name] for name in counted}
    numbers = [number for number, _, _ in documents[0]]
    assert numbers == [f"SCAI-2026-{position:06d}" for position in range(1, len(numbers) + 1)]
    again = demo(migrated_mariadb_url, "--no-pdf", "--customers", str(CUSTOMERS))
    assert set(again["this_run"].values()) == {0}


def test_every_invoice_gets_its_pdf(demo: Demo, tmp_path: Path, migrated_sqlite_url: str) -> None:
    report = demo(migrated_sqlite_url, "--until", "2026-01")
    assert report["pdfs"]["left"] == 0
    assert report["this_run"]["pdfs_made"] == report["invoices"]
    place = Path(report["pdfs"]["place"])
    written = [path for path in place.rglob("*.pdf") if path.read_bytes().startswith(b"%PDF-")]
    assert len(written) == report["invoices"]


def test_a_database_with_another_seller_is_left_alone(demo: Demo, tmp_path: Path, migrated_sqlite_url: str) -> None:
    runner = CliRunner()
    (tmp_path / "other.yaml").write_text(OTHER_OPERATOR)
    demo(
        migrated_sqlite_url,
        "--no-pdf",
        "--operator",
        "other.yaml",
        "--until",
        "2026-01",
        "--customers",
        nobody(tmp_path),
    )
    before = everything(migrated_sqlite_url)
    refused = runner.invoke(app, ["demo", "--no-pdf"])
    assert refused.exit_code == 1
    assert "[not_a_demo]" in refused.stderr
    assert everything(migrated_sqlite_url) == before


def test_never_in_production(
    demo: Demo, tmp_path: Path, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    monkeypatch.setenv("SCAICONTROL_ENV", "production")
    monkeypatch.setenv("SCAICONTROL_SCAIKEY_URL", "https://login.example")
    monkeypatch.setenv("SCAICONTROL_JWT_AUDIENCE", "scaicontrol")
    before = everything(migrated_sqlite_url)
    refused = CliRunner().invoke(app, ["demo"])
    assert refused.exit_code == 1
    assert "[demo_in_production]" in refused.stderr
    assert everything(migrated_sqlite_url) == before


def nobody(folder: Path) -> str:
    """Write a list without customers, and return its name."""
    (folder / "nobody.csv").write_text("tenant,company_name,country_code\n")
    return str(folder / "nobody.csv")

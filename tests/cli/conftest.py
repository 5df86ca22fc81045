"""The program as people type it, over an SQLite database of the test's own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from typer import testing
from typer.testing import CliRunner

from tests.services.audit_rules import told_in_full
from tests.services.audit_trail import Commit, followed

OPERATOR = """
name: House
configuration:
  legal_name: House B.V.
  seller_address_line1: Kade 1
  seller_postal_code: 3511 AB
  seller_city: Utrecht
  seller_country_code: NL
  seller_vat_number: NL698797309B01
  seller_registration_number: "90117342"
  iban: NL91ABNA0417164300
  invoice_number_prefix: HSE
"""
CATALOGUE = """
services:
  - slug: keys
    app_id: keys
    name: Keys
    plans:
      - {slug: basic, name: Basic, tier: starter, billing_period: monthly, base_price_cents: 1000, currency: EUR}
      - {slug: pro, name: Pro, tier: pro, billing_period: monthly, base_price_cents: 5000, currency: EUR}
      - {slug: taste, name: Taste, tier: trial, billing_period: monthly, base_price_cents: 0, currency: EUR,
         trial_days: 14}
  - slug: mail
    app_id: mail
    name: Mail
    plans:
      - {slug: pro, name: Pro, tier: pro, billing_period: monthly, base_price_cents: 2500, currency: EUR}
"""
CUSTOMERS = """tenant,company_name,address_line1,postal_code,city,country_code,vat_number,is_business
acme,Acme B.V.,Dam 1,1012 JS,Amsterdam,NL,NL972837929B01,true
jones,Petra Jones,Am Hang 9,60311,Frankfurt,DE,,false
"""


@frozen
class Outcome:
    """What a command left: its exit code, and what it said where."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The answer as JSON."""
        return json.loads(self.stdout)

    @property
    def complaint(self) -> str:
        """The one line of an error; fails if there are more or none."""
        (line,) = self.stderr.strip().splitlines()
        return line


Scaicontrol = Callable[..., Outcome]

# The tree of commands is the same each time, and building it takes longer than most commands.
testing._get_command = cache(testing._get_command)  # type: ignore[attr-defined]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite_url: str) -> Path:
    """A working folder whose settings name a migrated database in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCAICONTROL_PDF_WORKERS", "1")
    return tmp_path


@pytest.fixture
def scaicontrol(home: Path) -> Scaicontrol:
    """Type a command: ``scaicontrol("admin", "tenants", "list")``."""
    from scaicontrol_cli.main import app  # noqa: PLC0415  # the environment first

    def run(*words: str, typed: str | None = None, fails: int = 0) -> Outcome:
        result = CliRunner().invoke(app, list(words), input=typed, prog_name="scaicontrol")
        outcome = Outcome(result.exit_code, result.stdout, result.stderr)
        assert outcome.exit_code == fails, f"{words}: {outcome}"
        return outcome

    return run


@pytest.fixture
def world(scaicontrol: Scaicontrol, home: Path) -> Scaicontrol:
    """The program over a database with an operator, a catalogue and two customers."""
    (home / "operator.yaml").write_text(OPERATOR)
    (home / "catalogue.yaml").write_text(CATALOGUE)
    (home / "customers.csv").write_text(CUSTOMERS)
    config = home / "configuration.json"
    import yaml  # noqa: PLC0415  # see above

    config.write_text(json.dumps(yaml.safe_load(OPERATOR)["configuration"]))
    scaicontrol("admin", "partners", "create", "House", "--operator", "--file", str(config))
    scaicontrol("admin", "catalog", "import", "catalogue.yaml")
    scaicontrol("admin", "tenants", "import", "customers.csv", "--attest-vat", "Seen the certificate.")
    return scaicontrol


def row_counts(home: Path) -> Mapping[str, int]:
    """Return how many rows every table has."""
    database = sqlite3.connect(home / "scaicontrol.db")
    try:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608  # names of the schema
    finally:
        database.close()


@pytest.fixture
def rows(home: Path) -> Callable[[], Mapping[str, int]]:
    """Count the rows of every table."""
    return lambda: row_counts(home)


@pytest.fixture(scope="session")
def migrated_sqlite_file(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to be copied, and every copy's commits to be followed."""
    return followed(migrated_sqlite_file, tmp_path_factory.mktemp("followed"))


@pytest.fixture(autouse=True)
def everything_is_told(request: pytest.FixtureRequest) -> Iterator[list[Commit]]:
    """Hold the audit log to what every commit changed; here are the commits."""
    with told_in_full(request) as commits:
        yield commits

"""A day's work at a command line that holds no database: the same answers as beside it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen

from tests.services.processes import free_port

PROGRAM = [sys.executable, "-c", "import sys; sys.argv[0] = 'scaicontrol'; from scaicontrol_cli.main import run; run()"]
PATIENCE = 60.0
OPERATOR = {
    "legal_name": "House B.V.",
    "seller_address_line1": "Kade 1",
    "seller_postal_code": "3511 AB",
    "seller_city": "Utrecht",
    "seller_country_code": "NL",
    "seller_vat_number": "NL698797309B01",
    "seller_registration_number": "90117342",
    "iban": "NL91ABNA0417164300",
    "invoice_number_prefix": "HSE",
}
CATALOGUE = """
services:
  - slug: keys
    app_id: keys
    name: Keys
    plans:
      - {slug: basic, name: Basic, tier: starter, billing_period: monthly, base_price_cents: 1000, currency: EUR}
"""
CUSTOMERS = """tenant,company_name,address_line1,postal_code,city,country_code,vat_number,is_business
acme,Acme B.V.,Dam 1,1012 JS,Amsterdam,NL,NL972837929B01,true
jones,Petra Jones,Am Hang 9,60311,Frankfurt,DE,,false
"""
#: What differs from one time to the next, and with who does it: ids, the moment, the hash over both, the name.
_CHANCE = re.compile(
    r"\b[a-z]{2,5}_[0-9A-Z]{26}\b|\d{4}-\d\d-\d\dT[0-9:.]+Z|\b[0-9a-f]{64}\b|\"name\": \"[^\":]+:[0-9]+[^\"]*\""
    r"|\"size\": [0-9]+|\"(?:user_id|actor_kind|request_id)\": (?:null|\"[^\"]*\")"
)


@frozen
class Machine:
    """A working folder with settings of its own, where commands are typed."""

    folder: Path
    environment: Mapping[str, str]

    def type(self, *words: str, fails: int = 0, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as a process of its own."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith("SCAICONTROL_")}
        done = subprocess.run(
            [*PROGRAM, *words],
            cwd=self.folder,
            env={**bare, **self.environment},
            capture_output=True,
            text=True,
            input=typed,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == fails, f"{words}: {done}"
        return done

    def json(self, *words: str) -> Any:
        """Run a command, and return its answer."""
        return json.loads(self.type(*words, "--json").stdout)


@frozen
class World:
    """Two installations that are alike: one at hand, one served."""

    beside: Machine
    away: Machine
    server: Machine


def _installation(folder: Path, template: Path, port: int) -> Machine:
    folder.mkdir()
    shutil.copy(template, folder / "scaicontrol.db")
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "operator.json").write_text(json.dumps(OPERATOR))
    return Machine(
        folder,
        {
            "SCAICONTROL_DATA_DIR": str(folder),
            "SCAICONTROL_PDF_WORKERS": "1",
            "SCAICONTROL_BACKGROUND_JOBS": "none",
            "SCAICONTROL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        },
    )


@pytest.fixture
def world(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[World]:
    port = free_port()
    beside = _installation(tmp_path / "beside", migrated_sqlite_file, port)
    server = _installation(tmp_path / "server", migrated_sqlite_file, port)
    token = server.json("dev-token", "--role", "super_admin")["access_token"]
    client = tmp_path / "client"
    client.mkdir()
    for name in ("catalogue.yaml", "customers.csv", "operator.json"):
        shutil.copy(server.folder / name, client / name)
    (client / "token").write_text(token + "\n")
    away = Machine(
        client,
        {
            "SCAICONTROL_REMOTE_URL": f"http://127.0.0.1:{port}",
            "SCAICONTROL_REMOTE_TOKEN_FILE": "token",
            "SCAICONTROL_DATABASE_URL": "sqlite+aiosqlite:////nowhere/at/all.db",
        },
    )
    with (
        (tmp_path / "server.log").open("wb") as log,
        subprocess.Popen(
            [*PROGRAM, "serve", "--port", str(port)],
            cwd=server.folder,
            env={**os.environ, **server.environment},
            stderr=log,
            stdout=log,
        ) as process,
    ):
        try:
            _eventually(lambda: _answers(port) or process.poll() is not None)
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            yield World(beside, away, server)
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _eventually(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "patience has ended"
        time.sleep(0.05)


DAY: tuple[tuple[str, ...], ...] = (
    ("partners", "create", "House", "--operator", "--file", "operator.json"),
    ("catalog", "import", "catalogue.yaml"),
    ("tenants", "import", "customers.csv", "--attest-vat", "Seen the certificate."),
    ("tenants", "create", "Third", "--reference", "third"),
    ("tenants", "list", "--sort", "name"),
    ("subscriptions", "create", "acme", "keys.basic"),
    ("subscriptions", "create", "jones", "keys.basic"),
    ("billing", "upcoming", "acme"),
    ("billing", "run", "--period", "{month}"),
    ("invoices", "list"),
    ("invoices", "show", "{number}"),
    ("invoices", "history", "{number}"),
    ("invoices", "pdf", "{number}", "-o", "one.pdf"),
    ("payments", "record", "{number}", "500", "--reference", "B-1"),
    ("invoices", "mark-paid", "{number}", "--reference", "B-2"),
    ("invoices", "credit-note", "{number}", "--reason", "Error", "--yes"),
    ("payments", "list"),
    ("reports", "ageing"),
    ("audit",),
)


def test_a_day_of_work_is_the_same_from_afar(world: World) -> None:
    month = time.strftime("%Y-%m", time.gmtime())
    number: str | None = None
    both = ThreadPoolExecutor(2)
    for words in DAY:
        typed = tuple(word.format(month=month, number=number) for word in words)
        here, there = both.map(_seen, (world.beside, world.away), (typed, typed))
        assert there == here, words
        if number is None and words[:2] == ("invoices", "list"):
            number = world.away.json("admin", "invoices", "list")["items"][0]["number"]
    assert (world.away.folder / "one.pdf").read_bytes().startswith(b"%PDF")


def _seen(machine: Machine, words: tuple[str, ...]) -> tuple[str, str, str]:
    """Return what a command answers as JSON, what it says beside, and how it ends."""
    as_json = () if words[:2] == ("catalog", "export") else ("--json",)
    done = machine.type("admin", *words, *as_json)
    return _CHANCE.sub("…", done.stdout), _CHANCE.sub("…", done.stderr), str(done.returncode)


def test_an_error_is_the_same_line_and_exit_code(world: World) -> None:
    for words, code in (
        (("tenants", "show", "nobody"), 1),
        (("invoices", "show", "inv_nothing"), 1),
        (("subscriptions", "create", "nobody", "keys.basic"), 1),
        (("tenants", "list", "--limit", "0"), 2),
        (("tenants", "create", ""), 2),
        (("reports", "vat", "--period", "2026-13"), 2),
    ):
        here, there = (machine.type("admin", *words, fails=code) for machine in (world.beside, world.away))
        assert (there.stderr, there.stdout) == (here.stderr, here.stdout)

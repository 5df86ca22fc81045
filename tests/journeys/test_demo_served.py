"""The second of the two commands: what the demo left to do is done while the server answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from scaicontrol_cli.main import app
from tests.services.processes import free_port

PATIENCE = 90.0
SERVE = "import sys; from scaicontrol_cli.main import app; app(['serve', '--port', sys.argv[1]])"


@pytest.fixture
def port() -> int:
    """A port nobody listens at."""
    return free_port()


@pytest.fixture
def served(
    tmp_path: Path, port: int, migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """January of the demo without its PDFs, and a server over it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCAICONTROL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    monkeypatch.setenv("SCAICONTROL_PUBLIC_URL", f"http://127.0.0.1:{port}")
    loaded = CliRunner().invoke(app, ["demo", "--no-pdf", "--until", "2026-01", "--json"])
    assert loaded.exit_code == 0, loaded.stderr
    report = json.loads(loaded.stdout)
    with (
        (tmp_path / "server.log").open("wb") as log,
        subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=os.environ, stderr=log, stdout=log) as server,
        httpx.Client(
            base_url=report["api"], headers={"Authorization": f"Bearer {report['token']}"}, timeout=30
        ) as client,
    ):
        try:
            eventually(lambda: _answers(client) or server.poll() is not None)
            assert server.poll() is None, (tmp_path / "server.log").read_text()
            yield client, server
        finally:
            server.kill()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/auth/me").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def eventually(holds: Callable[[], Any]) -> None:
    """Ask until it holds; fail when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "patience has ended"


def test_the_demos_token_works_and_what_is_left_is_rendered(
    served: tuple[httpx.Client, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    client, server = served
    invoices = client.get("/admin/invoices", params={"limit": 200}).json()
    assert invoices["total"] > 10
    eventually(lambda: {row["pdf_status"] for row in client.get("/admin/invoices").json()["items"]} == {"ready"})
    pdf = client.get(f"/admin/invoices/{invoices['items'][0]['id']}/pdf")
    assert pdf.content.startswith(b"%PDF-")
    server.send_signal(signal.SIGINT)
    assert server.wait(PATIENCE) in {0, 130}
    assert "Traceback" not in (tmp_path / "server.log").read_text()

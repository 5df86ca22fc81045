"""The program itself: quick to start, plain about what went wrong, never a stack trace."""

from __future__ import annotations

import json
import os
import pty
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = [sys.executable, "-c", "import sys; sys.argv[0] = 'scaicontrol'; from scaicontrol_cli.main import run; run()"]
BUDGET_SECONDS = 0.35
HEAVY = ("sqlalchemy", "litestar", "weasyprint", "rich", "pydantic", "yaml", "asyncio", "msgspec", "alembic")


def typed(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own."""
    return subprocess.run(  # our own program
        [*PROGRAM, *words], capture_output=True, text=True, check=False, timeout=60, env=os.environ | environment
    )


def test_the_version_is_there_in_no_time(tmp_path: Path) -> None:
    """Counted in seconds of the processor, so that a busy machine does not count as slowness of ours."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def seconds() -> float:
        begin = spent()
        assert typed("version", PYTHONPYCACHEPREFIX=str(tmp_path), PYTHONDONTWRITEBYTECODE="").returncode == 0
        return spent() - begin

    seconds()  # compiles
    assert min(seconds() for _ in range(5)) < BUDGET_SECONDS


def test_a_short_answer_loads_nothing_heavy() -> None:
    probe = (
        "import sys\n"
        "from scaicontrol_cli.main import app\n"
        "try: app(['version'])\n"
        "except SystemExit as done: assert done.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_alone_it_shows_what_it_can(scaicontrol: Callable[..., Any]) -> None:
    for words in ([], ["admin"], ["admin", "tenants"], ["admin", "invoices", "--help"]):
        shown = scaicontrol(*words).stdout
        assert shown.startswith("Usage: scaicontrol")
        assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["amdin"], "No such command"),
        (["admin", "tenants", "lst"], "No such command"),
        (["--colour"], "No such option"),
        (["admin", "tenants", "show"], "Missing argument"),
        (["admin", "tenants", "list", "--limit", "many"], "Invalid value"),
        (["admin", "tenants", "list", "--limit", "500"], "[limit_invalid] At /limit"),
        (["admin", "tenants", "list", "--cursor", "???"], "[cursor_invalid] At /cursor"),
        (["admin", "billing", "run", "--period", "2026-13"], "[period_invalid]"),
        (["admin", "subscriptions", "list", "--status", "asleep"], "[choice_unknown] At /status"),
        (["admin", "jobs", "run", "everything"], "Invalid value"),
        (["dev-token", "--role", "emperor"], "Invalid value"),
    ],
)
def test_wrong_words_are_wrong_usage(scaicontrol: Callable[..., Any], words: list[str], says: str) -> None:
    outcome = scaicontrol(*words, fails=2)
    assert outcome.stdout == ""
    assert outcome.complaint.startswith("scaicontrol: ")
    assert says in outcome.complaint


def test_a_failure_is_one_line_with_code_and_exit_code_1(scaicontrol: Callable[..., Any]) -> None:
    outcome = scaicontrol("admin", "subscriptions", "show", "sub_nowhere", fails=1)
    assert outcome.complaint == "scaicontrol: There is no subscription 'sub_nowhere'. [subscription_not_found]"


def test_with_json_the_error_is_json_too(scaicontrol: Callable[..., Any]) -> None:
    outcome = scaicontrol("admin", "tenants", "list", "--limit", "0", "--json", fails=2)
    error = json.loads(outcome.complaint)
    assert error["code"] == "limit_invalid"
    assert error["errors"][0]["pointer"] == "/limit"


def test_a_database_without_tables_says_what_to_run(
    scaicontrol: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", f"sqlite+aiosqlite:///{home / 'empty.db'}")
    outcome = scaicontrol("admin", "tenants", "list", fails=1)
    assert "[schema_outdated] Hint: Run: scaicontrol migrate" in outcome.complaint


def test_migrating_twice_does_nothing_the_second_time(
    scaicontrol: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", f"sqlite+aiosqlite:///{home / 'fresh.db'}")
    first = scaicontrol("migrate", "--json").json
    assert first["applied"][0] == "001"
    assert first["revision"] == first["applied"][-1]
    assert scaicontrol("migrate", "--json").json == {"applied": [], "revision": first["revision"]}
    assert "up to date" in scaicontrol("migrate").stdout
    assert scaicontrol("admin", "tenants", "list", "--json").json["total"] == 0


def test_all_wrong_settings_are_named_at_once(scaicontrol: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAICONTROL_ENV", "staging")
    monkeypatch.setenv("SCAICONTROL_PDF_WORKERS", "lots")
    complaint = scaicontrol("admin", "tenants", "list", fails=2).complaint
    assert "SCAICONTROL_ENV" in complaint
    assert "SCAICONTROL_PDF_WORKERS" in complaint


def test_an_unreachable_database_is_a_failure_in_one_line(
    scaicontrol: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv(
            "SCAICONTROL_DATABASE_URL", f"mysql+aiomysql://me:secret@127.0.0.1:{nobody.getsockname()[1]}/x"
        )
        complaint = scaicontrol("admin", "tenants", "list", fails=1).complaint
    assert "[database_unavailable]" in complaint
    assert "secret" not in complaint


def test_what_nobody_foresaw_is_still_one_line(
    scaicontrol: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr("scaicontrol_cli.context.settings", broken)
    complaint = scaicontrol("admin", "tenants", "list", fails=1).complaint
    assert complaint == "scaicontrol: Unexpected ZeroDivisionError: first line (SCAI_TRACEBACK=1 shows where.)"


def test_serving_needs_tables_and_a_free_port(
    scaicontrol: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "[address_unavailable]" in scaicontrol("serve", "--port", port, fails=1).complaint
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", f"sqlite+aiosqlite:///{home / 'empty.db'}")
    assert "[schema_outdated]" in scaicontrol("serve", fails=1).complaint


def test_a_reader_that_has_seen_enough_is_no_accident(world: Callable[..., Any]) -> None:
    with subprocess.Popen(
        [*PROGRAM, "admin", "catalog", "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_on_a_terminal_there_are_tables_and_nothing_is_asked_with_yes(world: Callable[..., Any], home: Path) -> None:
    seen = on_a_terminal(["admin", "tenants", "list"])
    assert "Acme B.V." in seen
    assert "──" in seen
    assert '"items"' in on_a_terminal(["admin", "tenants", "list", "--json"])


def on_a_terminal(words: list[str]) -> str:
    """Run the program on a pseudo terminal, and return what was seen there."""
    leader, follower = pty.openpty()
    environment = os.environ | {"COLUMNS": "160", "TERM": "xterm"}
    with subprocess.Popen(
        [*PROGRAM, *words], stdin=follower, stdout=follower, stderr=follower, env=environment
    ) as process:
        os.close(follower)
        seen = b""
        while chunk := _read(leader):
            seen += chunk
    os.close(leader)
    assert process.returncode == 0, seen.decode()
    return seen.decode()


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""

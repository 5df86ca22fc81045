"""Commands on a server elsewhere: which work there, and what they say when the line does not hold."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from docs.generating.calls import reached
from docs.generating.commands import Command, groups
from scaicontrol_cli.remote.session import READING, READING_TOO, is_reading
from scaicontrol_http.calls.offered import offered
from tests.architecture.sources import ROOT, core
from tests.architecture.use_cases import is_use_case_module, use_cases
from tests.services.processes import free_port

Scaicontrol = Callable[..., Any]
#: Commands that need the installation's own machine.
LOCAL = {
    "scaicontrol admin jobs run",
    "scaicontrol admin jobs status",
    "scaicontrol admin jobs retry",
    "scaicontrol admin secrets list",
    "scaicontrol admin secrets show-version",
    "scaicontrol admin secrets set",
    "scaicontrol admin secrets delete",
}


def admin_commands() -> list[Command]:
    return [each for group in groups() for each in group.commands if each.name.startswith("scaicontrol admin")]


def reason_of(command: Command) -> str | None:
    from importlib import import_module  # noqa: PLC0415

    function = getattr(import_module(command.module), command.function, None)
    return getattr(function, "local_only", None)


def test_all_commands_work_elsewhere_but_those_with_a_reason() -> None:
    reasons = {each.name: reason_of(each) for each in admin_commands()}
    assert {name for name, reason in reasons.items() if reason} == LOCAL


def test_what_can_be_called_is_what_commands_call() -> None:
    wanted = {
        name for each in admin_commands() if each.name not in LOCAL for name in reached(each.module, each.function)
    }
    assert set(offered()) == wanted


def test_a_verb_that_reads_changes_nothing() -> None:
    """Only what changes something carries a key; a use case that reads opens nothing that it could write to."""
    writers = {
        case.name
        for module in core()
        if is_use_case_module(module)
        for case in use_cases(module)
        if case.name in offered() and is_reading(case.name) and "commit()" in (ROOT / module.path).read_text()
    }
    assert writers <= MAKE_AS_THEY_READ
    assert set(offered()) >= READING_TOO
    assert READING


#: A document that is not there yet is made when it is asked for; the same again finds it.
MAKE_AS_THEY_READ = {"ReadInvoicePdf", "ReadEInvoice"}


@define
class Server:
    """Something that speaks HTTP, and does with each request what the test says."""

    answers: list[Callable[[BaseHTTPRequestHandler], None]]
    seen: list[dict[str, Any]] = field(factory=list)
    url: str = ""


@contextmanager
def serving(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Server]:
    server = Server(list(answers))

    class Speaker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the base class calls it so
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.seen.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
            answer = server.answers[min(len(server.seen), len(server.answers)) - 1]
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def says(status: int, value: Any, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(speaker: BaseHTTPRequestHandler) -> None:
        content = json.dumps(value).encode() if not isinstance(value, bytes) else value
        speaker.send_response(status)
        for name, text in headers.items():
            speaker.send_header(name.replace("_", "-"), text)
        speaker.send_header("Content-Length", str(len(content)))
        speaker.end_headers()
        speaker.wfile.write(content)

    return answer


def breaks(speaker: BaseHTTPRequestHandler) -> None:
    speaker.connection.close()


TENANT = {
    "id": "ten_1",
    "partner_id": "par_1",
    "name": "Acme",
    "external_reference": None,
    "collection_method": "send_invoice",
    "is_active": True,
    "created_at": "2026-01-15T00:00:00Z",
    "version": 1,
}
CREATE = ("admin", "tenants", "create", "Acme")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between attempts."""
    monkeypatch.setattr("scaicontrol_cli.remote.session._PAUSE_SECONDS", 0.0)


def test_a_call_carries_token_version_and_a_key(scaicontrol: Scaicontrol) -> None:
    with serving(says(200, {"result": TENANT})) as server:
        made = scaicontrol("--url", server.url, "--token", "s3cr3t", *CREATE, "--json")
    assert made.json["name"] == "Acme"
    (seen,) = server.seen
    assert seen["path"] == "/api/v1/admin/calls/CreateTenant"
    assert seen["headers"]["Authorization"] == "Bearer s3cr3t"
    assert seen["headers"]["Idempotency-Key"].startswith("cli-")
    assert seen["body"]["arguments"]["wanted"]["name"] == "Acme"
    assert seen["body"]["version"]


def test_what_only_reads_carries_no_key(scaicontrol: Scaicontrol) -> None:
    with serving(says(200, {"result": {"items": [], "total": 0, "next_cursor": None}})) as server:
        found = scaicontrol("admin", "--url", server.url, "--token", "t", "tenants", "list", "--json")
    assert found.json["items"] == []
    assert "Idempotency-Key" not in server.seen[0]["headers"]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(scaicontrol: Scaicontrol) -> None:
    flight = {"code": "idempotency_in_flight", "detail": "Under way."}
    with serving(breaks, says(409, flight), says(200, {"result": TENANT})) as server:
        assert scaicontrol("--url", server.url, "--token", "t", *CREATE, "--json").json["id"] == "ten_1"
    assert len({each["headers"]["Idempotency-Key"] for each in server.seen}) == 1
    assert len(server.seen) == 3


def test_when_no_answer_comes_at_all_the_outcome_is_unknown(scaicontrol: Scaicontrol) -> None:
    with serving(breaks) as server:
        complaint = scaicontrol("--url", server.url, "--token", "s3cr3t", *CREATE, fails=1).complaint
        reading = scaicontrol("--url", server.url, "--token", "t", "admin", "tenants", "list", fails=1).complaint
    assert "[remote_outcome_unknown]" in complaint
    assert "s3cr3t" not in complaint
    assert "[remote_answer_lost]" in reading


def test_where_nobody_listens_nothing_was_changed(scaicontrol: Scaicontrol) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    complaint = scaicontrol("--url", url, "--token", "t", *CREATE, fails=1).complaint
    assert "Nothing was changed. [remote_unreachable]" in complaint


@pytest.mark.parametrize(
    ("answer", "code", "exit_code"),
    [
        (says(404, {"code": "tenant_not_found", "detail": "No."}, X_Error_Kind="not_found"), "tenant_not_found", 1),
        (says(400, {"code": "invoice_immutable", "detail": "No."}, X_Error_Kind="refused"), "invoice_immutable", 1),
        (says(400, {"code": "malformed_json", "detail": "No."}, X_Error_Kind="malformed"), "malformed_json", 2),
        (says(422, {"code": "name_invalid", "detail": "No."}), "name_invalid", 2),
        (says(401, {"code": "token_expired", "detail": "No."}), "token_expired", 1),
        (says(409, {"code": "version_mismatch", "detail": "No."}, X_Error_Kind="conflict"), "version_mismatch", 1),
        (says(503, {"code": "database_unavailable", "detail": "No."}), "database_unavailable", 1),
        (says(500, b"<html>"), "remote_answer_strange", 1),
        (says(302, b"", Location="http://elsewhere.example/"), "remote_answer_strange", 1),
        (says(200, {"no": "result"}), "remote_answer_strange", 1),
        (says(200, b"{"), "remote_answer_strange", 1),
    ],
)
def test_each_answer_becomes_one_line_and_an_exit_code(
    scaicontrol: Scaicontrol, answer: Any, code: str, exit_code: int
) -> None:
    with serving(answer) as server:
        told = scaicontrol("--url", server.url, "--token", "t", *CREATE, "--json", fails=exit_code)
    assert json.loads(told.complaint)["code"] == code


def test_the_token_comes_from_a_file_or_standard_input(scaicontrol: Scaicontrol, home: Path) -> None:
    (home / "token").write_text("from-a-file\n")
    with serving(says(200, {"result": TENANT})) as server:
        scaicontrol("--url", server.url, "--token-file", "token", *CREATE)
        scaicontrol("--url", server.url, "--token-file", "-", *CREATE, typed="from-a-pipe\n")
    assert [each["headers"]["Authorization"] for each in server.seen] == ["Bearer from-a-file", "Bearer from-a-pipe"]


def test_settings_name_server_and_token(scaicontrol: Scaicontrol, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says(200, {"result": TENANT})) as server:
        monkeypatch.setenv("SCAICONTROL_REMOTE_URL", server.url)
        monkeypatch.setenv("SCAICONTROL_REMOTE_TOKEN", "of-the-settings")
        scaicontrol(*CREATE)
        scaicontrol("admin", "--token", "typed", "tenants", "create", "Acme")
    assert [each["headers"]["Authorization"] for each in server.seen] == ["Bearer of-the-settings", "Bearer typed"]


@pytest.mark.parametrize(
    ("options", "code", "exit_code"),
    [
        (("--url", "http://example.com", "--token", "s3cr3t"), "remote_line_open", 2),
        (("--url", "ftp://localhost", "--token", "s3cr3t"), "remote_url_invalid", 2),
        (("--url", "https://me:s3cr3t@localhost", "--token", "s3cr3t"), "remote_url_invalid", 2),
        (("--url", "https://localhost"), "remote_token_missing", 2),
        (("--token", "s3cr3t"), "remote_url_missing", 2),
        (("--url", "https://localhost", "--token", "s3cr3t", "--token-file", "x"), "remote_token_twice", 2),
        (("--url", "https://localhost", "--token-file", "not-there"), "file_unreadable", 2),
        (("--url", "https://localhost", "--token", "s3cr3t and more"), "remote_token_malformed", 2),
    ],
)
def test_what_can_not_be_is_said_before_anything_is_sent(
    scaicontrol: Scaicontrol, options: tuple[str, ...], code: str, exit_code: int
) -> None:
    told = scaicontrol(*options, *CREATE, fails=exit_code)
    assert f"[{code}]" in told.complaint
    assert "s3cr3t" not in told.complaint


def test_what_works_here_alone_says_so(scaicontrol: Scaicontrol) -> None:
    there = ("--url", "https://localhost", "--token", "t")
    assert "[local_only]" in scaicontrol(*there, "admin", "jobs", "run", "reap", fails=1).complaint
    assert "[local_only]" in scaicontrol(*there, "migrate", fails=1).complaint

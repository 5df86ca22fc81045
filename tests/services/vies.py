"""A register of VAT numbers that speaks VIES's contract over real HTTP, with the test service's numbers and outages."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field, frozen

#: The number picks the answer, as at the Commission's own test service.
TEST_NUMBERS: Mapping[str, str] = {
    "100": "VALID",
    "200": "INVALID",
    "201": "INVALID_INPUT",
    "202": "INVALID_REQUESTER_INFO",
    "300": "SERVICE_UNAVAILABLE",
    "301": "MS_UNAVAILABLE",
    "302": "TIMEOUT",
    "400": "VAT_BLOCKED",
    "401": "IP_BLOCKED",
    "500": "GLOBAL_MAX_CONCURRENT_REQ",
    "501": "GLOBAL_MAX_CONCURRENT_REQ_TIME",
    "600": "MS_MAX_CONCURRENT_REQ",
    "601": "MS_MAX_CONCURRENT_REQ_TIME",
}
CONTRACT = frozenset(
    "countryCode vatNumber requesterMemberStateCode requesterNumber traderName traderStreet traderPostalCode traderCity"
    " traderCompanyType".split()
)
_YES_OR_NO = frozenset({"VALID", "INVALID"})
_INPUT_FAULTS = frozenset({"INVALID_INPUT", "INVALID_REQUESTER_INFO"})


@frozen
class Reply:
    """A response to send as it is."""

    status: int
    body: str


@define
class Vies:
    """What the register knows, how it feels, and what it was sent.

    ``known`` are the valid numbers with prefix. ``outages`` maps a member state (``*``: all) to a
    code, ``scripted`` a number to replies given once each, before anything else. ``delay`` is how
    long each answer takes, in seconds.
    """

    known: set[str] = field(factory=set)
    outages: dict[str, str] = field(factory=dict)
    scripted: dict[str, list[Reply]] = field(factory=dict)
    delay: float = 0.0
    received: list[dict[str, Any]] = field(factory=list)
    most_at_once: Counter[str] = field(factory=Counter)
    url: str = ""
    _now: Counter[str] = field(factory=Counter)
    _lock: threading.Lock = field(factory=threading.Lock)

    def numbers(self) -> list[str]:
        """Return the numbers it was asked about, in order."""
        return [each["countryCode"] + each["vatNumber"] for each in self.received]

    def answer(self, path: str, asked: dict[str, Any]) -> Reply:
        """Answer a question as VIES does."""
        country, body = str(asked.get("countryCode", "")), str(asked.get("vatNumber", ""))
        with self._lock:
            self.received.append(asked)
            for who in (country, "*"):
                self._now[who] += 1
                self.most_at_once[who] = max(self.most_at_once[who], self._now[who])
        try:
            time.sleep(self.delay)
            with self._lock:
                waiting = self.scripted.get(country + body)
                if waiting:
                    return waiting.pop(0)
            return self._usual(path, country, body, asked)
        finally:
            with self._lock:
                self._now.subtract((country, "*"))

    def _usual(self, path: str, country: str, body: str, asked: dict[str, Any]) -> Reply:
        if not asked.keys() <= CONTRACT or not country or not body:
            return failure("INVALID_INPUT")
        if path == "/check-vat-test-service":
            said = TEST_NUMBERS.get(body, "INVALID_INPUT")
        else:
            said = self.outages.get(country) or self.outages.get("*") or ""
            said = said or ("VALID" if country + body in self.known else "INVALID")
        return verdict(asked, valid=said == "VALID") if said in _YES_OR_NO else failure(said)

    def status(self) -> Reply:
        """Say how the member states feel."""
        states = [{"countryCode": name, "availability": "Unavailable"} for name in self.outages if name != "*"]
        return Reply(HTTPStatus.OK, json.dumps({"vow": {"available": "*" not in self.outages}, "countries": states}))


def verdict(asked: Mapping[str, Any], *, valid: bool, **fields: Any) -> Reply:
    """Return a yes or no; only who names itself gets a consultation number."""
    named = {"requesterMemberStateCode", "requesterNumber"} <= asked.keys()
    undisclosed = asked["countryCode"] in ("DE", "ES")
    told = {
        "countryCode": asked["countryCode"],
        "vatNumber": asked["vatNumber"],
        "requestDate": "2026-01-15T11:59:58.123Z",
        "valid": valid,
        "requestIdentifier": "WAPIAAAAX1abcdef" if named and valid else "",
        "name": "Trader B.V." if valid and not undisclosed else "---",
        "address": "Street 1\n1000 Town" if valid and not undisclosed else "---",
        "traderNameMatch": "NOT_PROCESSED",
    }
    return Reply(HTTPStatus.OK, json.dumps(told | fields))


def failure(code: str, status: int | None = None) -> Reply:
    """Return what VIES sends in place of an answer."""
    usual = HTTPStatus.BAD_REQUEST if code in _INPUT_FAULTS else HTTPStatus.INTERNAL_SERVER_ERROR
    return Reply(status or usual, json.dumps({"actionSucceed": False, "errorWrappers": [{"error": code}]}))


@contextmanager
def serving() -> Iterator[Vies]:
    """Serve a register on a free loopback port until the block is left."""
    vies = Vies()

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            try:
                asked = json.loads(self.rfile.read(length))
            except ValueError:
                asked = {}
            known = self.path in ("/check-vat-number", "/check-vat-test-service")
            self._send(vies.answer(self.path, asked) if known else Reply(HTTPStatus.NOT_FOUND, "no such page"))

        def do_GET(self) -> None:
            self._send(vies.status() if self.path == "/check-status" else Reply(HTTPStatus.NOT_FOUND, "no such page"))

        def _send(self, reply: Reply) -> None:
            text = reply.body.encode()
            try:
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has lost patience

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    vies.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield vies
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

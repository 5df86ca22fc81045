"""A directory that speaks our contract over real HTTP, in a thread, and can be made to misbehave."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

PREFIX = "/api/v1/directory"
TOKEN = "/oauth/token"  # an address


@frozen
class Reply:
    """A response to send as it is."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(factory=dict)


@define
class DirectoryServer:
    """What it lists, and what it was asked.

    ``scripted`` are replies given once each, in order, before anything else, by path; ``seconds`` is how
    long each answer takes. ``client`` is whom it gives tokens to; ``good`` whose tokens it takes (None: its own).
    """

    users: list[dict[str, Any]] = field(factory=list)
    groups: list[dict[str, Any]] = field(factory=list)
    memberships: list[dict[str, Any]] = field(factory=list)
    scripted: dict[str, list[Reply]] = field(factory=dict)
    seconds: float = 0.0
    client: tuple[str, str] = ("scaicontrol", "hush-directory")
    good: str | None = None
    asked: list[str] = field(factory=list)
    bearers: list[str] = field(factory=list)
    tokens: int = 0
    url: str = ""

    def answer(self, path: str, query: Mapping[str, list[str]], bearer: str) -> Reply:
        """Answer a question about a listing."""
        self.asked.append(path)
        self.bearers.append(bearer)
        time.sleep(self.seconds)
        if self.scripted.get(path):
            return self.scripted[path].pop(0)
        if bearer != f"Bearer {self.good or f'token-{self.tokens}'}":
            return Reply(401)
        listed = sorted(getattr(self, path.removeprefix(f"{PREFIX}/")), key=_key)
        after, limit = query.get("cursor", [""])[0], int(query["limit"][0])
        rest = [each for each in listed if _key(each) > after]
        following = _key(rest[limit - 1]) if len(rest) > limit else None
        page = {"items": rest[:limit], "total": len(listed), "next_cursor": following}
        return Reply(200, json.dumps(page).encode())

    def grant(self, authorization: str) -> Reply:
        """Give a token to our client."""
        self.asked.append(TOKEN)
        if self.scripted.get(TOKEN):
            return self.scripted[TOKEN].pop(0)
        if authorization != "Basic " + b64encode(":".join(self.client).encode()).decode():
            return Reply(401, b'{"error": "invalid_client"}')
        self.tokens += 1
        granted = {"access_token": f"token-{self.tokens}", "token_type": "Bearer", "expires_in": 600}
        return Reply(200, json.dumps(granted).encode())


def _key(item: Mapping[str, Any]) -> str:
    return str(item.get("id") or f"{item.get('group_id')} {item.get('user_id')}")


@contextmanager
def serving_directory() -> Iterator[DirectoryServer]:
    """Serve one on a free port for the length of the block."""
    directory = DirectoryServer()

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._send(directory.answer(parts.path, parse_qs(parts.query), self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._send(directory.grant(self.headers.get("Authorization", "")))

        def _send(self, reply: Reply) -> None:
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has lost patience

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    directory.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield directory
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

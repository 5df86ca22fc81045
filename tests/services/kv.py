"""A server that speaks version 2 of the KV contract over real HTTP, as OpenBao and Vault do; and how it may fail.

What it answers was read off the source of OpenBao's KV engine; the client hvac, which is not
ours, is driven against it by the same contract as our adapter.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import define, field, frozen

ROOT = "root-token-of-the-test"
NOTHING: dict[str, Any] = {"errors": []}
DENIED = {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
_AT = "2026-01-15T12:00:00.000000000Z"


@frozen
class Reply:
    """A response to send as it is; ``body`` None: no content, bytes: sent raw."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(factory=dict)


@define
class Token:
    """A token: what it may do, and how long it lives (0: for ever)."""

    ttl: int = 0
    renewable: bool = False
    until: float = 0.0
    may: tuple[str, ...] = ("",)
    """Beginnings of the paths it may touch."""


@define
class Version:
    """One version of a secret."""

    content: dict[str, Any]
    deleted: bool = False
    destroyed: bool = False


@define
class Entry:
    """A secret: its versions by number, and its settings."""

    newest: int = 0
    versions: dict[int, Version] = field(factory=dict)
    cas_required: bool = False


@define
class Kv:
    """The server's state, what it was asked, and how it feels.

    ``scripted`` replies are given first, once each; ``delay`` is how long each answer takes;
    ``dribble`` sends byte by byte with that pause. ``clock`` may be turned forward.
    """

    mount: str = "secret"
    namespace: str = ""
    url: str = ""
    tokens: dict[str, Token] = field(factory=lambda: {ROOT: Token()})
    roles: dict[str, tuple[str, int]] = field(factory=dict)
    """Role id → its secret id, and how long its tokens live."""
    entries: dict[str, Entry] = field(factory=dict)
    most_versions: int = 10
    scripted: list[Reply] = field(factory=list)
    delay: float = 0.0
    dribble: float = 0.0
    asked: list[str] = field(factory=list)
    seen_tokens: list[str] = field(factory=list)
    ahead: float = 0.0
    logins: int = 0
    _lock: threading.RLock = field(factory=threading.RLock)

    def now(self) -> float:
        """Return its time."""
        return time.monotonic() + self.ahead

    def grant(self, name: str, *, ttl: int = 0, renewable: bool = False, may: tuple[str, ...] = ("",)) -> str:
        """Let a token be known."""
        self.tokens[name] = Token(ttl, renewable, self.now() + ttl, may)
        return name

    def count(self, start: str) -> int:
        """Return how many questions began so, e.g. ``GET secret/data/``."""
        return sum(1 for each in self.asked if each.startswith(start))

    def soft_delete(self, path: str) -> None:
        """Delete the newest version as `kv delete` does: its metadata stay."""
        entry = self.entries[path]
        entry.versions[entry.newest].deleted = True

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], headers: Any, body: Any) -> Reply:
        """Answer a question."""
        with self._lock:
            self.asked.append(f"{method} {path}")
            name = headers.get("X-Vault-Token", "")
            self.seen_tokens.append(name)
            if self.scripted:
                return self.scripted.pop(0)
            if headers.get("X-Vault-Namespace", "").strip("/") != self.namespace:
                return Reply(403, DENIED)
            if path.startswith("auth/approle/login"):
                return self._login(body)
            token = self.tokens.get(name)
            if token is None or (token.ttl and self.now() >= token.until):
                return Reply(403, DENIED)
            if path.startswith("auth/token/"):
                return self._own_token(method, path, name, token)
            return self._engine(method, path, query, token, body)

    def _login(self, body: Any) -> Reply:
        role = self.roles.get(body.get("role_id", "")) if isinstance(body, dict) else None
        if role is None or body.get("secret_id") != role[0]:
            return Reply(400, {"errors": ["invalid role or secret ID"]})
        self.logins += 1
        name = self.grant(f"approle-token-{self.logins}", ttl=role[1], renewable=True)
        return Reply(200, {"auth": {"client_token": name, "lease_duration": role[1], "renewable": True}})

    def _own_token(self, method: str, path: str, name: str, token: Token) -> Reply:
        if path == "auth/token/lookup-self" and method == "GET":
            left = int(token.until - self.now()) if token.ttl else 0
            told = {"id": name, "ttl": left, "creation_ttl": token.ttl, "renewable": token.renewable, "policies": ["x"]}
            return Reply(200, {"data": told})
        if path == "auth/token/renew-self" and method in {"POST", "PUT"}:
            if not token.renewable:
                return Reply(400, {"errors": ["lease is not renewable"]})
            token.until = self.now() + token.ttl
            return Reply(200, {"auth": {"client_token": name, "lease_duration": token.ttl, "renewable": True}})
        return Reply(404, NOTHING)

    def _engine(self, method: str, path: str, query: Mapping[str, list[str]], token: Token, body: Any) -> Reply:
        mount, _, rest = path.partition("/")
        kind, _, place = rest.partition("/")
        if mount != self.mount or kind not in {"data", "metadata"}:
            return Reply(404, {"errors": [f"no handler for route {path!r}."]})
        if not any(place.startswith(start) for start in token.may):
            return Reply(403, DENIED)
        if method == "LIST" or (method == "GET" and query.get("list") == ["true"]):
            return self._list(place)
        if kind == "metadata":
            return self._metadata(method, place)
        if method == "GET":
            return self._read(place, int(query.get("version", ["0"])[0]))
        return (
            self._write(place, body) if method in {"POST", "PUT"} else Reply(405, {"errors": ["unsupported operation"]})
        )

    def _read(self, place: str, wanted: int) -> Reply:
        entry = self.entries.get(place)
        number = wanted or (entry.newest if entry else 0)
        version = entry.versions.get(number) if entry else None
        if version is None:
            return Reply(404, NOTHING)
        gone = version.deleted or version.destroyed
        metadata = {"version": number, "created_time": _AT, "deletion_time": _AT if version.deleted else ""}
        metadata |= {"destroyed": version.destroyed, "custom_metadata": None}
        content = None if gone else version.content
        return Reply(404 if gone else 200, {"data": {"data": content, "metadata": metadata}, "lease_duration": 0})

    def _write(self, place: str, body: Any) -> Reply:
        if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
            return Reply(400, {"errors": ["no data provided"]})
        entry = self.entries.get(place, Entry())
        options = body.get("options") or {}
        if "cas" in options:
            if int(options["cas"]) != entry.newest:
                return Reply(400, {"errors": ["check-and-set parameter did not match the current version"]})
        elif entry.cas_required:
            return Reply(400, {"errors": ["check-and-set parameter required for this call"]})
        entry.newest += 1
        entry.versions[entry.newest] = Version(body["data"])
        for old in sorted(entry.versions)[: -self.most_versions]:
            del entry.versions[old]
        self.entries[place] = entry
        told = {"version": entry.newest, "created_time": _AT, "deletion_time": "", "destroyed": False}
        return Reply(200, {"data": told})

    def _metadata(self, method: str, place: str) -> Reply:
        if method == "DELETE":
            self.entries.pop(place, None)
            return Reply(204)
        entry = self.entries.get(place)
        if entry is None:
            return Reply(404, NOTHING)
        versions = {str(n): {"created_time": _AT, "destroyed": v.destroyed} for n, v in entry.versions.items()}
        told = {"current_version": entry.newest, "cas_required": entry.cas_required, "versions": versions}
        return Reply(200, {"data": told})

    def _list(self, folder: str) -> Reply:
        start = f"{folder.rstrip('/')}/" if folder.rstrip("/") else ""
        inside = [path.removeprefix(start) for path in self.entries if path.startswith(start)]
        keys = sorted({name if "/" not in name else f"{name.partition('/')[0]}/" for name in inside})
        return Reply(200, {"data": {"keys": keys}}) if keys else Reply(404, NOTHING)


@contextmanager
def serving(kv: Kv | None = None) -> Iterator[Kv]:
    """Serve on a free loopback port until the block is left."""
    state = kv or Kv()

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _speak(self) -> None:
            length = int(self.headers.get("Content-Length", 0) or 0)
            try:
                body = json.loads(self.rfile.read(length)) if length else None
            except ValueError:
                body = None
            parts = urlsplit(self.path)
            path = unquote(parts.path).removeprefix("/v1/")
            reply = state.answer(self.command, path, parse_qs(parts.query), self.headers, body)
            time.sleep(state.delay)
            self._send(reply)

        do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _speak  # noqa: N815  # the names http.server calls

        def _send(self, reply: Reply) -> None:
            raw = (
                reply.body
                if isinstance(reply.body, bytes)
                else b""
                if reply.body is None
                else json.dumps(reply.body).encode()
            )
            try:
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(raw)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for start in range(0, len(raw), 1 if state.dribble else len(raw) or 1):
                    self.wfile.write(raw[start : start + (1 if state.dribble else len(raw))])
                    time.sleep(state.dribble)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has lost patience

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

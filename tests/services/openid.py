"""An OpenID provider that is not ours (nanoidp), and a line to it that can be disturbed."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml
from attrs import define, field, frozen
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.services.processes import Server, start

HOST = "127.0.0.1"
AUDIENCE = "scaicontrol"
CLIENT = ("portal", "hush-portal")
JWKS = "/.well-known/jwks.json"
USERINFO = "/userinfo"


@frozen
class OpenIdProvider:
    """A running provider: its people, its tokens, its keys."""

    server: Server
    port: int
    home: Path

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[OpenIdProvider]:
        """Start one for the length of the block."""
        home = folder / "openid"
        home.mkdir()

        def command(port: int) -> list[str]:
            _write_settings(home, port)
            return [sys.executable, "-m", "nanoidp", "--config", str(home), "--strict-config"]

        server, port = start("openid", command, answers=_answers, folder=folder)
        try:
            yield cls(server, port, home)
        finally:
            server.stop()

    @property
    def url(self) -> str:
        """Its address, and the ``iss`` of its tokens."""
        return f"http://{HOST}:{self.port}"

    def enrol(self, name: str, *, roles: list[str], groups: list[str] | None = None) -> None:
        """Let somebody be a user, with these roles from now on."""
        file = self.home / "users.yaml"
        users = yaml.safe_load(file.read_text(encoding="utf-8"))
        wanted = {"password": name, "roles": roles, "groups": groups or [], "tenant": "any"}
        if users["users"].get(name) == wanted:
            return
        users["users"][name] = wanted
        file.write_text(yaml.safe_dump(users), encoding="utf-8")
        httpx.post(f"{self.url}/api/config/reload").raise_for_status()

    def tokens(self, name: str, **claims: Any) -> Mapping[str, str]:
        """Sign somebody in: access, ID and refresh token; ``claims`` are added to the first."""
        form = {"grant_type": "password", "username": name, "password": name, "scope": "openid profile"}
        return self._granted(form | {"extra": json.dumps(claims)})

    def token(self, name: str, **claims: Any) -> str:
        """Sign somebody in and return the access token."""
        return self.tokens(name, **claims)["access_token"]

    def rotate(self) -> str:
        """Let it sign with a new key from now on; return its id. The old one stays published."""
        answer = httpx.post(f"{self.url}/api/keys/rotate").raise_for_status()
        return str(answer.json()["new_kid"])

    def key(self) -> tuple[str, RSAKey]:
        """Return the private key it signs with: what an attacker would love to have."""
        keys = self.home / "keys"
        kid = (keys / "kid.txt").read_text(encoding="utf-8").strip()
        return kid, RSAKey.import_key((keys / "rsa_private.pem").read_bytes())

    def signed(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """Sign claims of one's own with its key, as it would sign what its interface does not let one ask for."""
        kid, key = self.key()
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "tom", "iat": now, "nbf": now, "exp": now + 600}
        kept = {name: value for name, value in (usual | dict(claims)).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": kid, **(header or {})}, kept, key)

    def _granted(self, form: Mapping[str, str]) -> Mapping[str, str]:
        answer = httpx.post(f"{self.url}/token", data=form, auth=CLIENT).raise_for_status()
        granted: Mapping[str, str] = answer.json()
        return granted


@define
class Line:
    """What stands between us and a provider: it counts, waits, and answers for it if told to.

    ``answers`` are given in place of the provider's, for each path; ``seconds`` is how long each takes.
    """

    target: str
    url: str = ""
    seconds: float = 0.0
    answers: dict[str, tuple[int, bytes]] = field(factory=dict)
    asked: list[str] = field(factory=list)
    bearers: list[str] = field(factory=list)
    _arriving: threading.Condition = field(factory=threading.Condition)

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return self.asked.count(path)

    def wait_until_asked(self, path: str, times: int) -> None:
        """Return once a path was asked for that often, answered or not."""
        with self._arriving:
            assert self._arriving.wait_for(lambda: self.count(path) >= times, timeout=60)

    def recover(self) -> None:
        """Let the provider answer again."""
        self.answers = {}
        self.seconds = 0.0

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        """Answer, or let the provider answer."""
        with self._arriving:
            self.asked.append(path)
            self.bearers.append(authorization)
            self._arriving.notify_all()
        time.sleep(self.seconds)
        if path in self.answers:
            return self.answers[path]
        answer = httpx.get(self.target + path, headers={"Authorization": authorization} if authorization else {})
        return answer.status_code, answer.content


@contextmanager
def line_to(provider: OpenIdProvider) -> Iterator[Line]:
    """Serve a line to a provider on a free port for the length of the block."""
    line = Line(provider.url)

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, content = line.answer(self.path, self.headers.get("Authorization", ""))
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has lost patience

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Speaker)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    line.url = f"http://{HOST}:{server.server_address[1]}"
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _write_settings(home: Path, port: int) -> None:
    oauth = {
        "issuer": f"http://{HOST}:{port}",
        "audience": AUDIENCE,
        "token_expiry_minutes": 10,
        "clients": [{"client_id": CLIENT[0], "client_secret": CLIENT[1], "description": "The portal"}],
    }
    settings = {"config_version": 1, "server": {"host": HOST, "port": port}, "oauth": oauth}
    settings["jwt"] = {"keys_dir": str(home / "keys")}
    (home / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (home / "users.yaml").write_text(yaml.safe_dump({"config_version": 1, "users": {}}), encoding="utf-8")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}{JWKS}", timeout=5).is_success
    except httpx.TransportError:
        return False

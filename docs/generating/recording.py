"""Records what the tests of the API send and get: a plugin of pytest, for ``make examples``.

Of each operation the fullest exchange that succeeded and is short enough to read is kept. Ids become
the same ones every time, tokens are left out, long lists are cut.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from scaicontrol_http.describing.examples import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

_READABLE = 2500
_MOST_ITEMS = 2
_ID = re.compile(r"\b([a-z]{2,5})_[0-9A-HJKMNP-TV-Z]{26}\b")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{20,}={0,2}")
_HEX = re.compile(r"\b[0-9a-f]{64}\b")
_CURSOR = "WyIyMDI2LTAxLTE1IiwiMyJd"
_TEXTS = ("text/csv", "application/xml")
_STEM = "01KA1B2C3D4E5F6G7H8J9K0M"

Exchange = dict[str, Any]
_seen: dict[tuple[str, str], list[Exchange]] = defaultdict(list)


def pytest_configure() -> None:
    """Look over the shoulder of every client from now on."""
    plain = httpx.AsyncClient.send

    async def send(self: httpx.AsyncClient, request: httpx.Request, **how: Any) -> httpx.Response:
        response = await plain(self, request, **how)
        if response.is_success and request.url.path.startswith(("/api/v1/", "/healthz", "/readyz")):
            _note(request, response)
        return response

    httpx.AsyncClient.send = send  # type: ignore[method-assign]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write what was kept, beside what earlier runs kept of operations that this one did not see."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    kept |= dict(_chosen())
    FILE.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _note(request: httpx.Request, response: httpx.Response) -> None:
    sent, got = _body(request.headers, request.content), _body(response.headers, response.content)
    exchange = {"path": request.url.path, "query": dict(request.url.params), "status": response.status_code}
    exchange |= {"request": sent} if sent is not None else {}
    exchange |= {"response": got} if got is not None else {}
    _seen[request.method, request.url.path].append(exchange)


def _body(headers: httpx.Headers, content: bytes) -> Any:
    media_type = headers.get("content-type", "").partition(";")[0]
    if media_type == "application/json" and content:
        return _shortened(json.loads(content))
    return content.decode() if media_type in _TEXTS else None


def _shortened(value: Any) -> Any:
    if isinstance(value, list):
        return [_shortened(each) for each in value[:_MOST_ITEMS]]
    if isinstance(value, dict):
        return {name: _CURSOR if name == "next_cursor" and each else _shortened(each) for name, each in value.items()}
    return value


def _chosen() -> Iterator[tuple[str, Exchange]]:
    from docs.generating.routes import PREFIX, routes  # noqa: PLC0415  # builds the application: not before the tests

    for route in routes():
        path = route.path if route.path.startswith(("/healthz", "/readyz")) else PREFIX + route.path
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))
        found = [
            (each, match.groupdict())
            for (method, seen), exchanges in _seen.items()
            if method == route.method and (match := pattern.fullmatch(seen)) and _fixed(path, seen)
            for each in exchanges
        ]
        readable = [each for each in found if len(json.dumps(each[0])) <= _READABLE]
        if found:
            exchange, values = max(readable, key=_fullness) if readable else min(found, key=_fullness)
            yield route.name, _stable(exchange | {"path": values})


def _fixed(path: str, seen: str) -> bool:
    """Tell a path from one that has a word where this one has a placeholder."""
    from docs.generating.routes import PREFIX, routes  # noqa: PLC0415  # see _chosen

    return "{" not in path or seen not in {PREFIX + route.path for route in routes()}


def _fullness(found: tuple[Exchange, Any]) -> tuple[int, str]:
    written = json.dumps({name: each for name, each in found[0].items() if name != "path"}, sort_keys=True)
    return len(written) - written.count("null") * 8, written


def _stable(exchange: Exchange) -> Exchange:
    known: dict[str, str] = {}
    numbers = count()

    def stand_in(match: re.Match[str]) -> str:
        if match[0] not in known:
            known[match[0]] = f"{match[1]}_{_STEM}{next(numbers):02d}"
        return known[match[0]]

    text = _ID.sub(stand_in, json.dumps(exchange))
    text = _SECRET.sub("whsec_…", text)
    text = _HEX.sub("0123456789abcdef" * 4, _TOKEN.sub("eyJhbGciOi…", text))
    found: Exchange = json.loads(text)
    return found

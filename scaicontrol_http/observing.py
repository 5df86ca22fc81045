"""The outermost layer: an id for every request, one line in the log, one measurement, safe headers."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from attrs import define, field
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute

from scaicontrol_http.errors import PROBLEM_CODE, REQUEST_ID
from scaicontrol_http.rate_limits import add_headers as add_rate_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Litestar
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from scaicontrol_adapters.telemetry import Metrics
    from scaicontrol_core.kernel.ids import Ids

HEADER = "X-Request-ID"
#: What a caller may name its requests; anything else gets a name of ours (and nothing of it reaches the log).
_ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,99}")
#: Asked for every few seconds by machines: not worth a line while all is well.
_QUIET = {"/healthz", "/readyz", "/metrics"}
_UNKNOWN_ROUTE = "(none)"

log = structlog.get_logger("scaicontrol.http")


@define
class Observing:
    """Wraps the whole application, so that no answer escapes it."""

    app: ASGIApp
    ids: Ids
    metrics: Metrics
    #: The methods of each address: Litestar's own answer knows but the first of several routes at one.
    methods: Mapping[str, str] = field(factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, and note what became of it."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(Headers.from_scope(scope).get(HEADER), self.ids)
        scope["state"][REQUEST_ID] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.perf_counter(), int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, scope, request_id, self.methods)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = scope.get("path_template") or _UNKNOWN_ROUTE, str(scope.get("method"))
        self.metrics.request_answered(method, route, status, seconds)
        if route in _QUIET and status < HTTPStatus.BAD_REQUEST:
            return
        level = log.error if status >= HTTPStatus.INTERNAL_SERVER_ERROR else log.info
        code = scope["state"].get(PROBLEM_CODE)
        level(
            "request",
            method=method,
            route=route,
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
            **({"code": code} if code else {}),
        )


def request_id_of(given: str | None, ids: Ids) -> str:
    """Return the caller's id if it is one, else a new one."""
    return given if given and _ACCEPTED.fullmatch(given) else ids.new("req")


def methods_of(app: Litestar) -> Mapping[str, str]:
    """Return what to answer who asks for the methods of an address, by its template."""
    return {route.path_format: ", ".join(sorted(route.methods)) for route in app.routes if isinstance(route, HTTPRoute)}


def _add_headers(message: Message, scope: Scope, request_id: str, methods: Mapping[str, str]) -> None:
    headers = MutableScopeHeaders.from_message(message)
    template = scope.get("path_template", "")
    if scope.get("method") == "OPTIONS" and "allow" in headers and template in methods:
        headers["Allow"] = methods[template]
    headers[HEADER] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "no-referrer")
    add_rate_limit(headers, scope)
    if scope["path"].startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")

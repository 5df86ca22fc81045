"""The outermost layer: an id for every request, one line in the log, one measurement, safe headers."""

from __future__ import annotations

import asyncio
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from attrs import define, field
from litestar import Request
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute

from scaicontrol_adapters.tracing import HEADER as TRACEPARENT
from scaicontrol_adapters.tracing import of_request
from scaicontrol_http.errors import PROBLEM_CODE, REQUEST_ID, on_large_head
from scaicontrol_http.rate_limits import add_headers as add_rate_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Litestar
    from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

    from scaicontrol_adapters.telemetry import Metrics
    from scaicontrol_adapters.tracing import Span, Tracing
    from scaicontrol_core.kernel.ids import Ids

HEADER = "X-Request-ID"
#: What a caller may name its requests; anything else gets a name of ours (and nothing of it reaches the log).
_ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,99}")
#: Asked for every few seconds by machines: not worth a line while all is well.
_QUIET = {"/healthz", "/readyz", "/metrics"}
_UNKNOWN_ROUTE = "(none)"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_TWO_YEARS = "max-age=63072000; includeSubDomains"
#: Answers of the API are no pages: whatever a browser takes one for, it loads nothing and stands in no frame.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
PATIENCE_SECONDS = 60.0
#: Most bytes of an address with its query and of all headers.
MOST_HEAD = 32 * 1024

log = structlog.get_logger("scaicontrol.http")


@define
class Observing:
    """Wraps the whole application, so that no answer escapes it."""

    app: ASGIApp
    ids: Ids
    metrics: Metrics
    #: The methods of each address: Litestar's own answer knows but the first of several routes at one.
    methods: Mapping[str, str] = field(factory=dict)
    #: Whether browsers shall never speak to this server unprotected again.
    strict_transport: bool = False
    #: How long a client may take for its body, in seconds: one that drips would hold a place for ever.
    patience: float = PATIENCE_SECONDS
    #: Where traces are recorded, if they are.
    tracing: Tracing | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, and note what became of it."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        request_id = request_id_of(headers.get(HEADER), self.ids)
        scope["state"][REQUEST_ID] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        tracing = None if scope["path"] in _QUIET else self.tracing
        with of_request(tracing, "request", headers.get(TRACEPARENT, "")) as span:
            await self._observe(scope, receive, send, request_id, span)

    async def _observe(self, scope: Scope, receive: Receive, send: Send, request_id: str, span: Span) -> None:
        started, status = time.perf_counter(), int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(message, scope, request_id)
            await send(message)

        try:
            if _length_of_head(scope) > MOST_HEAD:
                await _refuse_head(scope, receive, noted)
            else:
                await self.app(scope, _impatient(receive, self.patience), noted)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            _tell(span, scope, status, request_id)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = scope.get("path_template") or _UNKNOWN_ROUTE, str(scope.get("method"))
        self.metrics.request_answered(method, route, status, seconds)
        if route in _QUIET and status < HTTPStatus.BAD_REQUEST:
            return
        level = log.error if status >= HTTPStatus.INTERNAL_SERVER_ERROR else log.info
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            level = log.warning  # something is away: no fault of ours
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

    def _add_headers(self, message: Message, scope: Scope, request_id: str) -> None:
        headers = MutableScopeHeaders.from_message(message)
        template = scope.get("path_template", "")
        if scope.get("method") == "OPTIONS" and "allow" in headers and template in self.methods:
            headers["Allow"] = self.methods[template]
        headers[HEADER] = request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Referrer-Policy", "no-referrer")
        if self.strict_transport:
            headers["Strict-Transport-Security"] = _TWO_YEARS
        add_rate_limit(headers, scope)
        if scope["path"].startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
            headers.setdefault("Content-Security-Policy", _NOTHING)


def _tell(span: Span, scope: Scope, status: int, request_id: str) -> None:
    """Tell a span what was asked and what became of it: the template of the address, never the address."""
    # A method may be any word of the caller's.
    method = str(scope.get("method"))
    method = method if method in _METHODS else "_OTHER"
    route = scope.get("path_template") or _UNKNOWN_ROUTE
    span.name(f"{method} {route}")
    span.tell(
        http__request__method=method, http__route=route, http__response__status_code=status, request_id=request_id
    )
    code = scope["state"].get(PROBLEM_CODE)
    if code:
        span.tell(scaicontrol__code=code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.fail(code or str(status))


def _length_of_head(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope["path"]) + len(scope.get("query_string", b""))


async def _refuse_head(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request[Any, Any, Any](scope, receive=receive, send=send)
    await on_large_head(request).to_asgi_response(app=None, request=request)(scope, receive, send)


def _impatient(receive: Receive, seconds: float) -> Receive:
    """Return a way to receive a body by which a client that takes too long has gone away."""
    until, complete = time.monotonic() + seconds, False

    async def received() -> HTTPReceiveMessage | Any:
        nonlocal complete
        if complete:  # whoever listens now waits for the client to leave, and that may take its time
            return await receive()
        try:
            async with asyncio.timeout(until - time.monotonic()):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        complete = not message.get("more_body", False)
        return message

    return received


def request_id_of(given: str | None, ids: Ids) -> str:
    """Return the caller's id if it is one, else a new one."""
    return given if given and _ACCEPTED.fullmatch(given) else ids.new("req")


def methods_of(app: Litestar) -> Mapping[str, str]:
    """Return what to answer who asks for the methods of an address, by its template."""
    return {route.path_format: ", ".join(sorted(route.methods)) for route in app.routes if isinstance(route, HTTPRoute)}

"""What every GET has: HEAD beside it, and 304 for who has the answer already (RFC 9110, 9.3.2 and 13.1.2)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from attrs import define
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

_TAG = re.compile(r'(?:W/)?("[^"]*")')
#: Headers of a body that is not sent.
_OF_A_BODY = ("content-length", "content-type", "content-disposition")


@define
class Reading:
    """Wraps the application; what is neither a HEAD nor conditional passes it untouched."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, and send no more of its answer than is wanted."""
        method = scope.get("method") if scope["type"] == ScopeType.HTTP else None
        known = Headers.from_scope(scope).get("if-none-match") if method in {"GET", "HEAD"} else None
        if method != "HEAD" and known is None:
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, known or "", bodiless=method == "HEAD")
        scope["method"] = "GET"  # type: ignore[typeddict-unknown-key]  # an HTTP scope, as asked above
        try:
            await self.app(scope, receive, answer.send)
        finally:
            scope["method"] = method  # type: ignore[typeddict-unknown-key,arg-type]


@define
class _Answer:
    """Passes an answer on, without the body that nobody wants."""

    _send: Send
    _known: str
    bodiless: bool

    async def send(self, message: Message) -> None:
        """Pass a part of it on."""
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            if message["status"] == HTTPStatus.OK and self._is_known(headers.get("etag")):
                self.bodiless, message["status"] = True, int(HTTPStatus.NOT_MODIFIED)
                for name in _OF_A_BODY:
                    if name in headers:
                        del headers[name]
        elif message["type"] == "http.response.body" and self.bodiless:
            message["body"] = b""
        await self._send(message)

    def _is_known(self, tag: str | None) -> bool:
        if tag is None:
            return False
        return self._known.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(self._known)

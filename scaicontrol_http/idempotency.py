"""``Idempotency-Key``: a creating POST sent twice takes effect once.

Routes ask for it with ``opt={"idempotent": True}``. The answer of the first request is kept
for a day and given again, marked ``Idempotent-Replayed: true``. A request that failed keeps
nothing: it had no effect, so its key is free.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from attrs import define, field
from litestar import Request, Response
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from scaicontrol_core.kernel.errors import FieldError, Malformed
from scaicontrol_core.kernel.idempotency import MAX_KEY_LENGTH, IdempotencyRecord, StoredAnswer
from scaicontrol_http.dependencies import ACTOR_STATE

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access import Actor

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


@define
class Idempotency(ASGIMiddleware):
    """Keeps and replays the answers of routes that ask for it. Comes after authentication."""

    container: Container
    scopes: tuple[ScopeType, ...] = field(init=False, default=(ScopeType.HTTP,))

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Run the request once for each key."""
        raw = Headers.from_scope(scope).get(HEADER)
        if raw is None or not scope["route_handler"].opt.get("idempotent"):
            await next_app(scope, receive, send)
            return
        key, owner = _checked(raw), owner_of(scope["state"][ACTOR_STATE])
        body = await Request[Any, Any, Any](scope, receive=receive, send=send).body()
        records = self.container.idempotency
        request_hash = _hash(scope, body)
        earlier = await records.claim(IdempotencyRecord(owner, key, request_hash, self.container.clock.now()))
        if earlier is not None:
            await _replay(earlier.replay(request_hash), scope, receive, send)
            return
        recording = _Recording(send)
        try:
            await next_app(scope, receive, recording.send)
        finally:
            # Kept also if the client has gone: it will ask again with the same key.
            if recording.succeeded:
                await records.complete(owner, key, recording.answer)
            else:
                await records.release(owner, key)


@define
class _Recording:
    """Passes an answer on and remembers it."""

    _send: Send
    _status: int = field(init=False, default=0)
    _content_type: str = field(init=False, default="")
    _body: bytearray = field(init=False, factory=bytearray)
    _whole: bool = field(init=False, default=False)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._content_type = Headers(message["headers"]).get("content-type", "")
        elif message["type"] == "http.response.body":
            self._body += message["body"]
            self._whole = not message["more_body"]
        await self._send(message)

    @property
    def succeeded(self) -> bool:
        """Tell whether the request had its effect."""
        return self._whole and HTTPStatus.OK <= self._status < HTTPStatus.BAD_REQUEST

    @property
    def answer(self) -> StoredAnswer:
        """The answer, to be kept."""
        return StoredAnswer(self._status, self._content_type, bytes(self._body))


def owner_of(actor: Actor) -> str:
    """Return whose keys these are: the same subject in another tenant is somebody else. Fits the column: a hash."""
    scope = actor.scope
    parts = (actor.kind, actor.subject, scope.kind, scope.partner_id, scope.tenant_id, scope.app_id)
    return hashlib.sha256("\x1f".join(str(part or "") for part in parts).encode()).hexdigest()


def _checked(raw: str) -> str:
    if not 0 < len(raw) <= MAX_KEY_LENGTH or not raw.isascii() or not raw.isprintable():
        raise Malformed(
            "The Idempotency-Key cannot be used.",
            code="idempotency_key_malformed",
            fields=(FieldError(f"/headers/{HEADER}", f"1 to {MAX_KEY_LENGTH} printable ASCII characters"),),
        )
    return raw


def _hash(scope: Scope, body: bytes) -> str:
    place = f"{scope.get('method')} {scope['path']}?".encode() + scope.get("query_string", b"")
    return hashlib.sha256(place + b"\n" + body).hexdigest()


async def _replay(answer: StoredAnswer, scope: Scope, receive: Receive, send: Send) -> None:
    response = Response(
        answer.body, status_code=answer.status, media_type=answer.content_type, headers={REPLAYED: "true"}
    )
    request = Request[Any, Any, Any](scope, receive=receive, send=send)
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)

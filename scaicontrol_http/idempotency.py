"""``Idempotency-Key``: a creating POST sent twice takes effect once.

Routes ask for it with ``opt={"idempotent": True}``. The answer of the first request is kept
for a day and given again, marked ``Idempotent-Replayed: true``. A request that failed keeps
nothing: it had no effect, so its key is free.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from attrs import define, field
from litestar import Request, Response
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from scaicontrol_core.kernel.errors import FieldError, Malformed, ScaiControlError
from scaicontrol_core.kernel.idempotency import MAX_KEY_LENGTH, IdempotencyRecord, StoredAnswer
from scaicontrol_http.dependencies import ACTOR_STATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access import Actor

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"

log = structlog.get_logger(__name__)


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
        recording = _Recording(send, lambda answer: records.complete(owner, key, answer))
        try:
            await next_app(scope, receive, recording.send)
        except Exception:
            await records.release(owner, key)
            raise
        # Whoever is cancelled half-way leaves the key in flight: nobody knows whether there was an effect.
        if not recording.kept:
            await records.release(owner, key)


@define
class _Recording:
    """Passes an answer on, but not its end before the whole of it is kept: a repeat may come at once."""

    _send: Send
    _keep: Callable[[StoredAnswer], Awaitable[None]]
    kept: bool = field(init=False, default=False)
    _status: int = field(init=False, default=0)
    _content_type: str = field(init=False, default="")
    _body: bytearray = field(init=False, factory=bytearray)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._content_type = Headers(message["headers"]).get("content-type", "")
        elif message["type"] == "http.response.body":
            self._body += message["body"]
            if not message["more_body"] and HTTPStatus.OK <= self._status < HTTPStatus.BAD_REQUEST:
                await self._keep_answer()
        await self._send(message)

    async def _keep_answer(self) -> None:
        self.kept = True
        try:
            await self._keep(StoredAnswer(self._status, self._content_type, bytes(self._body)))
        except ScaiControlError as error:
            # The effect is there, so the caller gets the answer; a repeat will find the key in flight.
            log.exception("answer_not_kept", code=error.code)


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

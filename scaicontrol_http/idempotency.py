"""``Idempotency-Key``: a creating POST sent twice takes effect once.

Routes ask for it with ``opt={"idempotent": True}``. The answer of the first request is kept
for a day and given again, marked ``Idempotent-Replayed: true``. A request that was refused keeps
nothing: it had no effect, so its key is free. Where nobody can tell whether there was an effect
(a fault of ours, a connection lost during COMMIT, a server that died), the key stays in flight:
a repeat answers 409 and never takes effect a second time.

What an answer tells once (``opt={"told_once": ("secret",)}``; ``result.secret`` within ``result``) is null in what is
kept: a secret is in no table.
"""

from __future__ import annotations

import hashlib
import json
from functools import reduce
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
from scaicontrol_http.errors import PROBLEM_CODE, outcome_is_known

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access import Actor

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
#: Where a route's ``opt`` names the fields of its answer that are not kept.
TOLD_ONCE = "told_once"
#: The headers of an answer that belong to what was made, and not to the one request.
_REPEATED = ("ETag", "Location")

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
        claimed = IdempotencyRecord(owner, key, request_hash, self.container.clock.now())
        earlier = await records.claim(claimed)
        if earlier is not None:
            await _replay(earlier.replay(request_hash), scope, receive, send)
            return
        # What is raised past this, or cancelled half-way, leaves the key in flight: nobody knows how it ended.
        settling = _Settling(self.container, claimed, scope, send)
        await next_app(scope, receive, settling.send)


@define
class _Settling:
    """Passes an answer on, but not its end before the key is settled: a repeat may come at once."""

    _container: Container
    _claimed: IdempotencyRecord
    _scope: Scope
    _send: Send
    _status: int = field(init=False, default=0)
    _headers: Headers = field(init=False, factory=Headers)
    _body: bytearray = field(init=False, factory=bytearray)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], Headers(message["headers"])
        elif message["type"] == "http.response.body":
            self._body += message["body"]
            if not message["more_body"]:
                await self._settle()
        await self._send(message)

    async def _settle(self) -> None:
        """Keep an answer, free the key of a refusal, and leave in flight what may have had an effect or not."""
        records, retry = self._container.idempotency, self._container.retry
        try:
            if self._status < HTTPStatus.BAD_REQUEST:
                await retry(lambda: records.complete(self._claimed, self._answer()))
            elif outcome_is_known(self._status, self._scope["state"].get(PROBLEM_CODE)):
                await retry(lambda: records.release(self._claimed))
            else:
                tell = log.warning if self._status == HTTPStatus.SERVICE_UNAVAILABLE else log.error
                tell("idempotency_outcome_unknown", status=self._status)
        except ScaiControlError as error:
            # The caller gets the answer all the same; a repeat will find the key in flight.
            log.exception("idempotency_not_settled", status=self._status, code=error.code)

    def _answer(self) -> StoredAnswer:
        repeated = {name: value for name in _REPEATED if (value := self._headers.get(name)) is not None}
        return StoredAnswer(self._status, self._headers.get("content-type", ""), self._kept(), repeated)

    def _kept(self) -> bytes:
        told_once = self._scope["route_handler"].opt.get(TOLD_ONCE)
        if not told_once:
            return bytes(self._body)
        answer = json.loads(self._body)
        for path in told_once:
            *outer, name = path.split(".")
            place = reduce(lambda found, step: found.get(step) if isinstance(found, dict) else None, outer, answer)
            if isinstance(place, dict) and name in place:
                place[name] = None
        return json.dumps(answer, ensure_ascii=False).encode()


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
        answer.body,
        status_code=answer.status,
        media_type=answer.content_type,
        headers={**answer.headers, REPLAYED: "true"},
    )
    request = Request[Any, Any, Any](scope, receive=receive, send=send)
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)

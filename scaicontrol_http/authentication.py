"""Who makes a request: the bearer token becomes an actor before anything else of the request is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from attrs import define, field
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Unauthenticated
from scaicontrol_http.dependencies import ACTOR_STATE, CALLER_STATE
from scaicontrol_http.errors import REQUEST_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ASGIApp, Receive, Scope, Send

    from scaicontrol_adapters.scaikey.tokens import TokenVerifier
    from scaicontrol_http.rate_limits import RateLimits

_SCHEME = "bearer"


@define
class Authentication(ASGIMiddleware):
    """Leaves the actor with the request.

    Routes with ``opt={"public": True}`` are open to anyone, and then the actor is nobody, even
    if a token came along: a catalogue must not fail because somebody's token has expired.
    """

    verifier: TokenVerifier
    limits: RateLimits
    scopes: tuple[ScopeType, ...] = field(init=False, default=(ScopeType.HTTP,))

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Verify the token, or refuse the request; and those of a caller who asks too often."""
        state, public = scope["state"], bool(scope["route_handler"].opt.get("public"))
        asking = scope.get("method") == "OPTIONS"
        actor = Actor.anonymous() if public or asking else await self._known(scope)
        if not asking:
            await self.limits.admit(scope, actor, public=public)
        actor = actor.with_request(state.get(REQUEST_ID) or "")
        state[ACTOR_STATE] = actor
        structlog.contextvars.bind_contextvars(actor=actor.subject, tenant_id=actor.scope.tenant_id)
        await next_app(scope, receive, send)

    async def _known(self, scope: Scope) -> Actor:
        try:
            caller = await self.verifier.caller(bearer_token(Headers.from_scope(scope).getall("authorization", [])))
        except Unauthenticated:
            await self.limits.failed(scope)
            raise
        scope["state"][CALLER_STATE] = caller
        return caller.actor


def bearer_token(headers: Sequence[str]) -> str:
    """Return the token of the ``Authorization`` headers.

    Raises ``Unauthenticated``: ``token_missing``, and ``token_invalid`` if there are several, of
    which somebody on the way may have looked at another one.
    """
    if len(headers) > 1:
        raise Unauthenticated("There is more than one header Authorization.", code="token_invalid")
    scheme, _, token = "".join(headers).strip().partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        raise Unauthenticated(
            "This needs a bearer token.", code="token_missing", hint="Send the header Authorization: Bearer <token>."
        )
    return token.strip()

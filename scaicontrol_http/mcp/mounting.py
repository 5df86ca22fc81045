"""The server at ``/mcp``, beside the API: the same token, checked in the same place, and every request on its own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import define, field
from litestar import asgi, get
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.types import Receive, Scope, Send
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager as Sessions
from mcp.server.transport_security import TransportSecuritySettings

from scaicontrol_adapters.scaikey.development import DevelopmentIssuer
from scaicontrol_core.access import Permission
from scaicontrol_core.kernel.errors import Unauthenticated, Unavailable
from scaicontrol_http.dependencies import ACTOR_STATE
from scaicontrol_http.errors import RESOURCE_METADATA
from scaicontrol_http.mcp.server import mcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar import Litestar
    from mcp.server.context import ServerRequestContext

    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.access import Actor

PATH = "/mcp"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


@define
class Mounted:
    """The server of one application; it serves while the application lives."""

    container: Container
    _sessions: Sessions | None = field(init=False, default=None)

    def routes(self) -> tuple[ASGIRouteHandler | HTTPRouteHandler, ...]:
        """Return the addresses of the server."""
        settings = self.container.settings
        metadata = settings.public_url + WELL_KNOWN + PATH

        @asgi(PATH, copy_scope=True, opt={RESOURCE_METADATA: metadata})
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if self._sessions is None:
                raise Unavailable("The server is starting or stopping.", code="not_serving")
            await self._sessions.handle_request(scope, receive, send)  # type: ignore[arg-type]  # another framework's names

        @get([WELL_KNOWN + PATH, WELL_KNOWN], opt={"public": True}, include_in_schema=False, sync_to_thread=False)
        def describe() -> dict[str, Any]:
            """Where tokens for the server come from (RFC 9728)."""
            return protected_resource(settings)

        return serve, describe

    @asynccontextmanager
    async def living(self, _: Litestar) -> AsyncIterator[None]:
        """Serve as long as the application does."""
        settings = self.container.settings
        sessions = Sessions(
            mcp_server(self.container, _who_asks),
            json_response=True,
            stateless=True,
            security_settings=TransportSecuritySettings(
                allowed_hosts=allowed_hosts(settings), allowed_origins=allowed_origins(settings)
            ),
            max_request_body_size=settings.body_limit,
        )
        async with sessions.run():
            self._sessions = sessions
            try:
                yield
            finally:
                self._sessions = None


async def _who_asks(context: ServerRequestContext[Any, Any]) -> Actor:
    """Return the actor that authentication left with the request."""
    actor: Actor | None = context.request.scope["state"].get(ACTOR_STATE) if context.request else None
    if actor is None:
        raise Unauthenticated("This needs a bearer token.")
    return actor


def protected_resource(settings: Settings) -> dict[str, Any]:
    """Return what a client must know to get a token."""
    issuers = [settings.jwt_issuer] if settings.jwt_issuer else []
    if settings.dev_issuer and not settings.is_production:
        issuers.append(DevelopmentIssuer.from_settings(settings).issuer)
    return {
        "resource": settings.public_url + PATH,
        "resource_name": "ScaiControl",
        "authorization_servers": issuers,
        "bearer_methods_supported": ["header"],
        "scopes_supported": [permission.value for permission in Permission],
    }


def allowed_hosts(settings: Settings) -> list[str]:
    """Return the values of ``Host`` that are answered: no page can lend us its own name (DNS rebinding)."""
    address = urlsplit(settings.public_url)
    name = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname or ""
    hosts = [address.netloc, f"{name}:{443 if address.scheme == 'https' else 80}", name]
    local = [] if settings.is_production else [each for own in _LOCAL for each in (own, f"{own}:*")]
    return list(dict.fromkeys(host for host in (*hosts, *local) if host))


def allowed_origins(settings: Settings) -> list[str]:
    """Return the origins whose pages may call: ours, those of the API, and in development this machine's."""
    address = urlsplit(settings.public_url)
    local = [] if settings.is_production else [each for own in _LOCAL for each in (f"http://{own}", f"http://{own}:*")]
    return list(dict.fromkeys((f"{address.scheme}://{address.netloc}", *settings.cors_origins, *local)))

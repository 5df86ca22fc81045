"""Routes of access: ``/auth``, and the development issuer's own documents where it is on."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import URLEncodedBody

from scaicontrol_adapters.scaikey.development import DevelopmentIssuer
from scaicontrol_adapters.scaikey.tokens import Caller
from scaicontrol_adapters.system import SystemClock
from scaicontrol_http.access.schemas import AuthConfigAnswer, MeAnswer, TokenAnswer, TokenForm
from scaicontrol_http.dependencies import CALLER_STATE, Container

_AUTH = "Auth"
_DEV = "Development issuer"
_PUBLIC = {"public": True}


@get("/auth/config", tags=[_AUTH], summary="Show where tokens come from", opt=_PUBLIC, security=[])
async def auth_config(container: Container) -> AuthConfigAnswer:
    """What a client needs before it has a token. Needs no token."""
    settings = container.settings
    if not settings.dev_issuer or settings.jwks_url:
        return AuthConfigAnswer(
            issuer=settings.jwt_issuer or None,
            jwks_uri=settings.jwks_url or None,
            audience=settings.jwt_audience or None,
            dev_issuer=settings.dev_issuer,
            token_endpoint=None,
        )
    documents = DevelopmentIssuer.from_settings(settings).discovery()
    return AuthConfigAnswer(
        issuer=documents["issuer"],
        jwks_uri=documents["jwks_uri"],
        audience=settings.jwt_audience or None,
        dev_issuer=True,
        token_endpoint=documents["token_endpoint"],
    )


@get("/auth/me", tags=[_AUTH], summary="Show who I am")
async def auth_me(request: Request[Any, Any, Any]) -> MeAnswer:
    """Who the token makes the caller, and what that allows: by itself, by their roles and by their groups' roles."""
    caller: Caller = request.scope["state"][CALLER_STATE]
    return MeAnswer.of(caller)


@get("/dev/.well-known/jwks.json", tags=[_DEV], summary="Show the public keys", opt=_PUBLIC, security=[])
async def jwks(container: Container) -> dict[str, Any]:
    """The key that the development issuer signs with."""
    return DevelopmentIssuer.from_settings(container.settings).jwks()


@get("/dev/.well-known/openid-configuration", tags=[_DEV], summary="Describe the issuer", opt=_PUBLIC, security=[])
async def discovery(container: Container) -> dict[str, Any]:
    """The discovery document of OpenID Connect."""
    return DevelopmentIssuer.from_settings(container.settings).discovery()


@post("/dev/oauth/token", tags=[_DEV], summary="Get a token", opt=_PUBLIC, security=[], status_code=200)
async def token(container: Container, data: URLEncodedBody[TokenForm]) -> TokenAnswer:
    """Give a token to anyone who asks: in development only."""
    issuer = DevelopmentIssuer.from_settings(container.settings)
    issued = issuer.token(
        data.role, SystemClock().now(), data.ttl, tenant_id=data.tenant_id, partner_id=data.partner_id
    )
    return TokenAnswer(access_token=issued, token_type="Bearer", expires_in=data.ttl)  # noqa: S106  # the type of it


ROUTES = (auth_config, auth_me)
#: Registered only where the development issuer is on.
DEVELOPMENT_ROUTES = (jwks, discovery, token)

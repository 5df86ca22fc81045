"""The application: every feature's routes under ``/api/v1``, and what surrounds them all."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.handlers import HTTPRouteHandler

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.garbage import collect_seldom
from scaicontrol_adapters.rate_limiting import rate_limiter
from scaicontrol_adapters.scaikey.trust import token_verifier
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.telemetry import Metrics, configure_logging
from scaicontrol_http.access.routes import DEVELOPMENT_ROUTES
from scaicontrol_http.admin_guard import refuse_who_does_not_administer
from scaicontrol_http.authentication import Authentication
from scaicontrol_http.bodies import StrictRequest
from scaicontrol_http.dependencies import dependencies
from scaicontrol_http.documentation import routes as documentation
from scaicontrol_http.editing import note_edits
from scaicontrol_http.errors import EXCEPTION_HANDLERS
from scaicontrol_http.health import health_routes
from scaicontrol_http.idempotency import Idempotency
from scaicontrol_http.lifespan import lifespan
from scaicontrol_http.mcp.mounting import Mounted
from scaicontrol_http.observing import Observing, methods_of
from scaicontrol_http.openapi import describe, openapi_config
from scaicontrol_http.query_guard import note_parameters, refuse_unknown_parameters
from scaicontrol_http.rate_limits import RateLimits
from scaicontrol_http.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX = "/api/v1"
FEATURES = (
    "access",
    "identity",
    "catalog",
    "tenancy",
    "subscriptions",
    "metering",
    "entitlements",
    "billing",
    "payments",
    "sending",
    "templates",
    "brand",
    "webhooks",
    "audit",
    "calls",
    "callbacks",
)
_PREFLIGHT_SECONDS = 600


def create_app(container: Container, *, owned: bool = False) -> Litestar:
    """Return the application over a container; it closes the container at the end only if that is ``owned``."""
    settings, metrics = container.settings, Metrics()
    limits = RateLimits(rate_limiter(settings, metrics), settings, metrics)
    verifier = token_verifier(container)
    mcp = Mounted(container)
    app = Litestar(
        route_handlers=[
            *health_routes(container, verifier.issuers, metrics),
            *documentation.ROUTES,
            *mcp.routes(),
            Router(
                PREFIX,
                route_handlers=[*_feature_routes()],
                guards=[refuse_who_does_not_administer, refuse_unknown_parameters],
            ),
            # Who speaks OpenID Connect may add what it likes: unknown parameters must be ignored there.
            Router(
                PREFIX, route_handlers=DEVELOPMENT_ROUTES if settings.dev_issuer and not settings.is_production else ()
            ),
        ],
        dependencies=dict(dependencies(container)),
        middleware=[Authentication(verifier, limits), Idempotency(container)],
        exception_handlers=EXCEPTION_HANDLERS,
        on_shutdown=[limits.close],
        request_class=StrictRequest,
        request_max_body_size=settings.body_limit,
        cors_config=_cors(settings),
        openapi_config=openapi_config(version("scaicontrol")),
        lifespan=[lifespan(container, owned=owned), mcp.living],
        logging_config=None,
        debug=False,
    )
    note_parameters(app)
    note_edits(app, PREFIX)
    app.asgi_handler = Observing(
        Reading(app.asgi_handler),
        container.ids,
        metrics,
        methods_of(app),
        settings.is_production,
        tracing=container.tracing,
    )
    return app


def application() -> Litestar:
    """Return the application of the environment's settings: ``uvicorn --factory scaicontrol_http.app:application``."""
    settings = Settings.from_environment()
    configure_logging(settings)
    app = create_app(Container.from_settings(settings), owned=True)
    collect_seldom()
    return app


def description() -> dict[str, Any]:
    """Return what the API says of itself, without an installation: for ``scaicontrol docs api``."""
    return describe(create_app(Container.in_memory(Settings(dev_issuer=True, background_jobs=""))))


def _feature_routes() -> Iterator[HTTPRouteHandler]:
    """Yield the routes of every feature that has some."""
    for feature in FEATURES:
        name = f"scaicontrol_http.{feature}.routes"
        if find_spec(name) is not None:
            routes: Sequence[HTTPRouteHandler] = importlib.import_module(name).ROUTES
            yield from routes


def _cors(settings: Settings) -> CORSConfig | None:
    """Return whose pages may call the API; without a list, nobody's but our own."""
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-ID"],
        expose_headers=[
            "ETag",
            "Idempotent-Replayed",
            "Location",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "X-Request-ID",
        ],
        max_age=_PREFLIGHT_SECONDS,
    )

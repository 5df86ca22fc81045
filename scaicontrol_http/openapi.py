"""The API's description: OpenAPI 3.1, made from the routes, at ``/api/v1/openapi.json``."""

from __future__ import annotations

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme


def openapi_config(version: str) -> OpenAPIConfig:
    """Return how the description is made."""
    router = Router("/api/v1/openapi.json", route_handlers=[], include_in_schema=False, opt={"public": True})
    return OpenAPIConfig(
        title="ScaiControl",
        version=version,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
        openapi_router=router,
        render_plugins=[JsonRenderPlugin(path="/")],
    )

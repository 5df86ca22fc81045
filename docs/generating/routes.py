"""The routes of the HTTP application, read from the application itself and from its OpenAPI description."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from attrs import frozen

from docs.generating.calls import reached
from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_http.app import create_app

PREFIX = "/api/v1"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TYPED = re.compile(r"\{(\w+):\w+\}")

Json = dict[str, Any]


@frozen
class Route:
    """A method of a path (below ``/api/v1`` where that is left out), and what the description says of it."""

    method: str
    path: str
    operation: Json
    public: bool
    idempotent: bool
    use_cases: frozenset[str]

    @property
    def tag(self) -> str:
        """The area it belongs to."""
        return str(self.operation["tags"][0]) if self.operation.get("tags") else "Other"

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


@cache
def description() -> Json:
    """Return the OpenAPI description of the application in development, with its own issuer."""
    found: Json = _app().openapi_schema.to_schema()
    return found


@cache
def routes() -> tuple[Route, ...]:
    """Return the described routes by area, path and method: the application keeps some of them in sets."""
    found = []
    for route in _app().routes:
        path = _TYPED.sub(r"{\1}", route.path)
        operations = description()["paths"].get(path, {})
        for handler in getattr(route, "route_handlers", ()):
            found += [
                _route(method, path, operations[method.lower()], handler)
                for method in handler.http_methods
                if method.lower() in operations and method in _METHODS
            ]
    return tuple(sorted(found, key=lambda route: (route.tag, route.path, _METHODS.index(route.method))))


def _route(method: str, path: str, operation: Json, handler: Any) -> Route:
    return Route(
        method=method,
        path=path.removeprefix(PREFIX),
        operation=operation,
        public=bool(handler.opt.get("public")),
        idempotent=bool(handler.opt.get("idempotent")),
        use_cases=reached(handler.fn.__module__, handler.fn.__qualname__),
    )


@cache
def _app() -> Any:
    # Nothing of this machine's: neither its environment nor a database.
    return create_app(Container.in_memory(Settings(dev_issuer=True, background_jobs="")))

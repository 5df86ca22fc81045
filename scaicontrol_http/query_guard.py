"""Queries are closed, as bodies are: a parameter that a route does not know is refused, and never passed over.

A filter with a typing mistake would otherwise list everything.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from litestar.routes import HTTPRoute

from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_http.bodies import pointer_step

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

#: Where a guarded route's ``opt`` has its parameters: by name, whether one may be given several times.
PARAMETERS = "query_parameters"


async def refuse_unknown_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a query that names what the route does not declare, or names twice what has one value.

    Raises ``Invalid`` (``unknown_parameter``, ``repeated_parameter``) with a pointer for each.
    """
    if not connection.scope["query_string"] or "OPTIONS" in handler.http_methods:  # type: ignore[attr-defined]
        return
    known: dict[str, bool] = handler.opt[PARAMETERS]
    given = Counter(name for name, _ in connection.query_params.multi_items())
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        raise Invalid(
            "The query has parameters that this address does not know.",
            code="unknown_parameter",
            fields=[FieldError(_pointer(name), f"There is no parameter {name!r}.") for name in unknown],
            hint=f"Known here: {', '.join(sorted(known))}." if known else "This address takes no parameters.",
        )
    repeated = sorted(name for name, times in given.items() if times > 1 and not known[name])
    if repeated:
        raise Invalid(
            "The query gives a parameter more than once.",
            code="repeated_parameter",
            fields=[FieldError(_pointer(name), f"Give {name} once.") for name in repeated],
        )


def note_parameters(app: Litestar) -> None:
    """Note with every guarded route the parameters that it, and what is injected into it, declares."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, model in route.route_handler_map.values():
                if refuse_unknown_parameters in handler.resolve_guards():
                    several = model.sequence_query_parameter_names
                    names = {each.field_alias for each in model.expected_query_params}
                    handler.opt[PARAMETERS] = {name: name in several for name in names}


def _pointer(name: str) -> str:
    return f"/query/{pointer_step(name)}"

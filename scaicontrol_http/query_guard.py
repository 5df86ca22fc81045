"""Queries are closed, as bodies are: a parameter that a route does not know is refused, and never passed over.

A filter with a typing mistake would otherwise list everything.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from litestar.routes import HTTPRoute

from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_http.bodies import pointer_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Litestar
    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

#: Where a guarded route's ``opt`` has its parameters: by name, whether one may be given several times.
PARAMETERS = "query_parameters"
#: Where it has what the texts of some of them must look like.
STRICT = "strict_parameters"
_NOT_NULL = re.compile(r"(?!null$).*", re.IGNORECASE | re.DOTALL)
_TEXTS_OF_LISTS = {"cursor", "sort"}
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}.*")


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
    _refuse_lookalikes(connection, handler.opt[STRICT])


def _refuse_lookalikes(connection: ASGIConnection[Any, Any, Any, Any], strict: Mapping[str, re.Pattern[str]]) -> None:
    """Refuse what the framework would take for a value: ``null`` for none at all, a number for an instant."""
    wrong = sorted(
        name
        for name, value in connection.query_params.multi_items()
        if name in strict and not strict[name].fullmatch(value)
    )
    if wrong:
        raise Invalid(
            f"{', '.join(wrong)}: not of the type that it has.",
            code="invalid_query",
            fields=[FieldError(f"/{pointer_step(name)}", "It is of another type.") for name in wrong],
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
                    handler.opt[STRICT] = {
                        each.field_alias: pattern
                        for each in model.expected_query_params
                        if (pattern := _pattern(handler, each.field_name)) is not None
                    }


def _pattern(handler: HTTPRouteHandler, name: str) -> re.Pattern[str] | None:
    """Return what a parameter's text must look like, where its type alone lets too much through."""
    declared = handler.parsed_fn_signature.parameters.get(name)
    if declared is None:  # of a list's part, which is injected
        return None if name in _TEXTS_OF_LISTS else _NOT_NULL
    kinds = {declared.annotation, *(each.annotation for each in declared.inner_types)}
    if str in kinds:
        return None
    return _INSTANT if datetime in kinds else _NOT_NULL


def _pointer(name: str) -> str:
    return f"/query/{pointer_step(name)}"

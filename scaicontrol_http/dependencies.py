"""What routes ask for by name: ``container``, ``actor``, ``page``, ``expected_version``.

The annotations ``Container``, ``Actor``, ``PageRequest`` and ``ExpectedVersion`` of this module are those of the
other layers, marked as made by us: nothing validates them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from scaicontrol_adapters import container as adapters
from scaicontrol_core import access
from scaicontrol_core.kernel import paging
from scaicontrol_core.kernel.errors import FieldError, Invalid, Malformed, Unauthenticated
from scaicontrol_http.editing import EDITS, seeing

Container = NamedDependency[SkipValidation[adapters.Container]]
Actor = NamedDependency[SkipValidation[access.Actor]]
PageRequest = NamedDependency[SkipValidation[paging.PageRequest]]
ExpectedVersion = NamedDependency[int | None]

#: Where the authentication middleware leaves the actor for the rest of the request.
ACTOR_STATE = "scaicontrol_actor"
#: Where it leaves what else a token said: until when it counts.
CALLER_STATE = "scaicontrol_caller"
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})(?:-[0-9a-f]{1,64})?"')

_Limit = Annotated[
    int | None,
    QueryParameter(name="limit", description=f"Most items in the answer, 1 to {paging.MAX_LIMIT}; default 50."),
]
_Cursor = Annotated[
    str | None,
    QueryParameter(name="cursor", description="`next_cursor` of the part before: the list goes on from there."),
]
_Number = Annotated[
    int | None, QueryParameter(name="page", description="Number of a page, from 1, instead of a cursor.")
]
_Size = Annotated[
    int | None, QueryParameter(name="page_size", description="Items on a numbered page; same as `limit`.")
]
_Sort = Annotated[
    str | None,
    QueryParameter(name="sort", description="Field to sort by; `-` before it: from high to low.", max_length=64),
]


def actor_of(request: ASGIConnection[Any, Any, Any, Any]) -> access.Actor:
    """Return who makes the request; ``Unauthenticated`` if nobody is known."""
    actor = request.scope["state"].get(ACTOR_STATE)
    if not isinstance(actor, access.Actor):
        raise Unauthenticated("This needs a bearer token.")
    return actor


def page_of(
    limit: _Limit = None,
    cursor: _Cursor = None,
    page_number: _Number = None,
    page_size: _Size = None,
    sort: _Sort = None,
) -> paging.PageRequest:
    """Return the part of a list that the query asks for; ``Invalid`` names what contradicts itself."""
    if limit is not None and page_size is not None and limit != page_size:
        raise Invalid.field("/page_size", "limit and page_size are the same thing: give one.", code="page_size_invalid")
    if cursor is not None and page_number is not None:
        raise Invalid.field("/page", "A list goes on after a cursor or at a page, not both.", code="page_invalid")
    size = limit if limit is not None else page_size
    return paging.PageRequest(
        limit=paging.DEFAULT_LIMIT if size is None else size, cursor=cursor or None, page=page_number, sort=sort
    )


def expected_version_of(request: Request[Any, Any, Any]) -> int | None:
    """Return the version that ``If-Match`` names; ``*`` or nothing: any. Raises ``Malformed`` for anything else."""
    header = request.headers.get("if-match", "").strip()
    if header in {"", "*"}:
        return None
    match = _ETAG.fullmatch(header)
    if match is None:
        raise Malformed(
            "If-Match is not one ETag of ours.",
            code="if_match_malformed",
            fields=(FieldError("/headers/If-Match", 'write it as the answer had it, like "3"'),),
        )
    return int(match[1])


def dependencies(container: adapters.Container) -> Mapping[str, Provide]:
    """Return what the application offers to every route."""

    def provide_container(request: Request[Any, Any, Any]) -> adapters.Container:
        handler = request.route_handler
        load = handler.opt.get(EDITS)
        if load is None or "expected_version" in handler.parsed_fn_signature.parameters:
            return container
        version = expected_version_of(request)
        return container if version is None else seeing(container, load, request.path_params, version)

    def provide_actor(request: Request[Any, Any, Any]) -> access.Actor:
        return actor_of(request)

    return {
        "container": Provide(provide_container, sync_to_thread=False),
        "actor": Provide(provide_actor, sync_to_thread=False),
        "page": Provide(page_of, sync_to_thread=False),
        "expected_version": Provide(expected_version_of, sync_to_thread=False),
    }

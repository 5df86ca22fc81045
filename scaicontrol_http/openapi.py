"""The API's description: OpenAPI 3.1, made from the routes, at ``/api/v1/openapi.json``.

Litestar describes paths, parameters and bodies; added here is what the application does around
every route: errors as problems, keys and versions in headers, and names that people can read.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import HTTPRoute

from scaicontrol_http.describing.answers import (
    HEADERS,
    PROBLEM,
    answer,
    codes_of,
    limit_headers,
    problem_examples,
    shared_problems,
    success_headers,
)
from scaicontrol_http.describing.bounds import bound
from scaicontrol_http.describing.examples import add_examples
from scaicontrol_http.describing.notes import notes
from scaicontrol_http.editing import EDITS
from scaicontrol_http.sorting import describe_sorting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar import Request
    from litestar.handlers import HTTPRouteHandler

PATH = "/api/v1/openapi.json"
#: Where a route's ``opt`` describes a body that no one type of Python's describes.
REQUEST_BODY = "request_body"
#: Areas in the order in which a reader meets them.
TAGS = {
    "Auth": "Where tokens come from, and who the caller is.",
    "Catalogue": "What is on offer; open to everyone.",
    "Subscriptions": "A tenant's own subscriptions.",
    "Billing": "A tenant's own billing profile and invoices.",
    "Metering": "What services report of their use.",
    "Entitlements": "What a tenant may use of each service.",
    "Admin: tenants": "Customers and their billing profiles.",
    "Admin: partners": "The operator and its resellers.",
    "Admin: users": "Who there is, as the directory has it, and what they were given here.",
    "Admin: groups": "Users under one name, and the roles that all of them have.",
    "Admin: roles": "Named bundles of permissions.",
    "Admin: registry": "Services, their plans and packs, hidden ones included.",
    "Admin: subscriptions": "Subscriptions of every tenant within scope.",
    "Admin: invoices": "Drafts and invoices of every tenant within scope.",
    "Admin: billing runs": "Invoicing a whole month.",
    "Admin: payments": "Money that came in and went back, and what is open.",
    "Admin: templates": "How documents and e-mails look and read.",
    "Admin: reports": "What auditors and tax offices ask for.",
    "Admin: webhooks": "Who is told of what, and what became of it.",
    "Events": "What happened, in an order that never changes behind a reader.",
    "Admin: platform": "Who changed what, and when.",
    "Command line": "Any use case by its name, for a command line that works at a distance.",
    "Callbacks": "For the systems we depend on: no token, but a signature.",
    "Health": "For the machines that watch over this one.",
    "Development issuer": "Tokens for the asking; not there in production.",
}
_ABOUT = (
    "Control plane of a SaaS. Amounts are whole cents with an ISO 4217 currency; instants are RFC 3339 in UTC.\n\n"
    "Errors are `application/problem+json`; programs look at `code`. Every answer carries `X-Request-ID`; send one to"
    " choose it. Creating requests take an `Idempotency-Key`; what can be edited has an `ETag`, to be sent back as"
    " `If-Match`."
)
_PARAMETERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Sent twice with the same body within a day, the request takes effect once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of the version that is changed; 412 if there is a newer one by now.",
        "schema": {"type": "string"},
        "examples": {"version": {"value": '"3"'}},
    },
}


def openapi_config(version: str) -> OpenAPIConfig:
    """Return how the description is made and where it is served."""
    return OpenAPIConfig(
        title="ScaiControl",
        version=version,
        description=_ABOUT,
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
        openapi_router=Router(PATH, route_handlers=[], include_in_schema=False, opt={"public": True}),
        render_plugins=[_Description()],
    )


class _Description(OpenAPIRenderPlugin):
    """Serves the description; it is written once."""

    def __init__(self) -> None:
        super().__init__(path=["/", "/openapi.json"], media_type="application/json")  # type: ignore[arg-type]  # any will do
        self._written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the description as JSON."""
        if self._written is None:
            self._written = json.dumps(describe(request.app), ensure_ascii=False).encode()
        return self._written


def describe(app: Litestar) -> dict[str, Any]:
    """Return the whole description of an application."""
    schema: dict[str, Any] = json.loads(json.dumps(app.openapi_schema.to_schema(), default=str))
    names: set[str] = set()
    for path, method, handler in _operations(app):
        operation = schema["paths"][path][method.lower()]
        operation["operationId"] = _operation_id(handler, names)
        _add_around(operation, path, handler)
        _add_headers(schema, operation, path, key=bool(handler.opt.get("idempotent")))
        bound(operation)
        add_examples(operation, f"{method} {path.removeprefix('/api/v1')}", schema["components"]["schemas"])
    schema["components"]["schemas"]["Problem"] = PROBLEM
    schema["components"]["headers"] = HEADERS
    schema["components"]["examples"] = problem_examples()
    schema["components"]["responses"] = shared_problems()
    schema["components"]["parameters"] = _PARAMETERS
    schema["tags"] = [tag for tag in schema["tags"] if tag["name"] in _used_tags(schema)]
    return _with_readable_names(schema)


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema() and method != "OPTIONS":
                    yield route.path_format, method, handler


def _operation_id(handler: HTTPRouteHandler, names: set[str]) -> str:
    """Return ``feature_function``; a second address of the same route gets a number."""
    feature = str(handler.fn.__module__).removeprefix("scaicontrol_http.").partition(".")[0]
    plain = f"{feature}_{handler.handler_name}"
    name = next(each for each in (plain, *(f"{plain}_{number}" for number in range(2, 10))) if each not in names)
    names.add(name)
    return name


def _add_around(operation: dict[str, Any], path: str, handler: HTTPRouteHandler) -> None:
    """Add what the application does around a route."""
    public, idempotent = bool(handler.opt.get("public")), bool(handler.opt.get("idempotent"))
    versioned = EDITS in handler.opt or "expected_version" in handler.parsed_fn_signature.parameters
    if public:
        operation["security"] = []
    if REQUEST_BODY in handler.opt:
        operation["requestBody"] = handler.opt[REQUEST_BODY]
    parameters = operation.setdefault("parameters", [])
    describe_sorting(operation, handler)
    parameters += [{"$ref": "#/components/parameters/IdempotencyKey"}] if idempotent else []
    parameters += [{"$ref": "#/components/parameters/IfMatch"}] if versioned else []
    _add_answers(operation, path, handler)


def _add_answers(operation: dict[str, Any], path: str, handler: HTTPRouteHandler) -> None:
    """Add every problem that an operation may answer with, and what it needs."""
    public, writes = bool(handler.opt.get("public")), handler.http_methods != {"GET"}
    method = next(iter(handler.http_methods - {"OPTIONS"}))
    note = notes().get(f"{method} {path.removeprefix('/api/v1')}", {})
    needs = note.get("needs", "no token" if public else "a token")
    operation["x-permission"] = needs
    operation["description"] = f"{operation.get('description', '')}\n\nNeeds {needs}.".strip()
    body, key = "requestBody" in operation, bool(handler.opt.get("idempotent"))
    api, signed = path.startswith("/api/"), "/callbacks/" in path
    known = {int(status) for status in note.get("codes", {})}
    names = [str(each.get("name", "")) for each in operation["parameters"]]
    applying = {
        400: writes or "{" in path or 400 in known,  # noqa: PLR2004  # statuses speak for themselves
        401: not public or signed,
        403: not public,
        404: api and (not public or "{" in path or any(each.endswith("_id") for each in names)),
        409: writes and not public,
        412: {"$ref": "#/components/parameters/IfMatch"} in operation["parameters"],
        413: body,
        415: body,
        422: api,
        429: api,
        503: True,
    }
    responses = operation["responses"]
    responses.pop("400", None)  # Litestar's own idea of an error
    if path == "/readyz":
        responses["503"] = responses["200"] | {"description": "The database, or its schema, is not there."}
    for status, applies in applying.items():
        if applies and str(status) not in responses:
            codes = codes_of(status, note.get("codes", {}).get(str(status), ()), body=body, key=key)
            responses[str(status)] = answer(status, codes, path)


def _add_headers(schema: dict[str, Any], operation: dict[str, Any], path: str, *, key: bool) -> None:
    """Add the headers of answers that are no problems."""
    for status, response in operation["responses"].items():
        if "$ref" not in response and int(status) < HTTPStatus.BAD_REQUEST:
            found = success_headers(response, schema["components"]["schemas"], key=key)
            response["headers"] = {**response.get("headers", {}), **found, **limit_headers(path)}


def _used_tags(schema: dict[str, Any]) -> set[str]:
    return {tag for item in schema["paths"].values() for operation in item.values() for tag in operation["tags"]}


def _with_readable_names(schema: dict[str, Any]) -> dict[str, Any]:
    """Call a list of invoices ``InvoiceList``: generics come with the whole name of their module."""
    listings = [name for name in schema["components"]["schemas"] if name.startswith("Listing_")]
    short = {name: name.strip("_").rpartition(".")[2].removesuffix("Answer") + "List" for name in listings}
    for name in listings:
        schema["components"]["schemas"][name]["title"] = short[name]
    text = json.dumps(schema)
    for name in listings:
        text = text.replace(f'"{name}":', f'"{short[name]}":').replace(f'/schemas/{name}"', f'/schemas/{short[name]}"')
    named: dict[str, Any] = json.loads(text)
    return named

"""The API's description: OpenAPI 3.1, made from the routes, at ``/api/v1/openapi.json``.

Litestar describes paths, parameters and bodies; added here is what the application does around
every route: errors as problems, keys and versions in headers, and names that people can read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import HTTPRoute

from scaicontrol_http.errors import PROBLEM_JSON
from scaicontrol_http.query_guard import PARAMETERS
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
    "Admin: registry": "Services, their plans and packs, hidden ones included.",
    "Admin: subscriptions": "Subscriptions of every tenant within scope.",
    "Admin: invoices": "Drafts and invoices of every tenant within scope.",
    "Admin: billing runs": "Invoicing a whole month.",
    "Admin: payments": "Money that came in and went back, and what is open.",
    "Admin: templates": "How documents and e-mails look and read.",
    "Admin: reports": "What auditors and tax offices ask for.",
    "Admin: platform": "Who changed what, and when.",
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
_RESPONSES = {
    400: "The request cannot be read, or the thing's state forbids it.",
    401: "There is no token, or it cannot be used.",
    403: "The token does not allow this.",
    404: "It is not there, or belongs to somebody else.",
    409: "It collides with what exists.",
    412: "Somebody else changed it first: read it again.",
    413: "The body is too large.",
    415: "The body is in a format that is not read here.",
    422: "A field or parameter is wrong: `errors` says which.",
    503: "Something needed does not answer; try again after `Retry-After` seconds.",
}
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "An error as RFC 9457 has it. `code` is stable; `detail` is for people and may change.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body; /parameter; /query/name of what is none.",
                    },
                    "message": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string"},
        "hint": {"type": ["string", "null"]},
    },
    "examples": [
        {
            "type": "urn:scaicontrol:problem:invalid_body",
            "title": "Unprocessable Entity",
            "status": 422,
            "detail": "The field name is required.",
            "code": "invalid_body",
            "errors": [{"pointer": "/name", "message": "The field name is required."}],
            "request_id": "req_01KA1B2C3D4E5F6G7H8J9K0M1N",
            "hint": None,
        }
    ],
}
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
    schema["components"]["schemas"]["Problem"] = _PROBLEM
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
    versioned = "expected_version" in handler.parsed_fn_signature.parameters
    writes = handler.http_methods != {"GET"}
    if public:
        operation["security"] = []
    if REQUEST_BODY in handler.opt:
        operation["requestBody"] = handler.opt[REQUEST_BODY]
    parameters = operation.setdefault("parameters", [])
    describe_sorting(operation, handler)
    parameters += [{"$ref": "#/components/parameters/IdempotencyKey"}] if idempotent else []
    parameters += [{"$ref": "#/components/parameters/IfMatch"}] if versioned else []
    applying = {
        400: writes or versioned,
        401: not public,
        403: not public,
        404: "{" in path,
        409: writes and not public,
        412: versioned,
        413: "requestBody" in operation,
        415: "requestBody" in operation,
        422: PARAMETERS in handler.opt or bool(parameters) or "requestBody" in operation,
        503: True,
    }
    responses = operation["responses"]
    responses.pop("400", None)  # Litestar's own idea of an error
    if path == "/readyz":
        responses["503"] = responses["200"] | {"description": "The database, or its schema, is not there."}
    for status, applies in applying.items():
        if applies and str(status) not in responses:
            content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            responses[str(status)] = {"description": _RESPONSES[status], "content": content}


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

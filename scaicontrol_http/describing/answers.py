"""How operations answer: the problems of each, with their codes, and the headers that come along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_http.errors import PROBLEM_JSON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json = dict[str, Any]

RESPONSES: Mapping[int, str] = {
    400: "The request cannot be read, or the thing's state forbids it.",
    401: "There is no token, or it cannot be used.",
    403: "The token does not allow this.",
    404: "It is not there, or belongs to somebody else.",
    409: "It collides with what exists.",
    412: "Somebody else changed it first: read it again.",
    413: "The body is too large.",
    415: "The body is in a format that is not read here.",
    422: "A field or parameter is wrong: `errors` says which.",
    429: "Too many requests: wait `Retry-After` seconds.",
    503: "Something needed does not answer; try again after `Retry-After` seconds.",
}
#: Codes that any operation with such an answer may have, whatever it does.
_ALWAYS: Mapping[int, Sequence[str]] = {
    400: ("malformed",),
    401: ("token_missing", "token_invalid"),
    403: ("forbidden",),
    412: ("stale_version",),
    413: ("body_too_large",),
    415: ("unsupported_media_type",),
    422: ("invalid_query", "repeated_parameter", "unknown_parameter"),
    429: ("rate_limited",),
    503: ("try_again", "commit_unknown"),
}
_WITH_BODY: Mapping[int, Sequence[str]] = {
    400: ("body_incomplete", "malformed_json"),
    422: ("invalid_body",),
}
_WITH_KEY: Mapping[int, Sequence[str]] = {
    400: ("idempotency_key_malformed",),
    409: ("idempotency_in_flight",),
    422: ("idempotency_key_reused",),
}

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "An error as RFC 9457 has it. `code` is stable; `detail` is for people and may change.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
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
}
_TITLES = {
    400: ("Bad Request", "malformed", "The request cannot be read."),
    401: ("Unauthorized", "token_missing", "This needs a bearer token."),
    403: ("Forbidden", "forbidden", "The token lacks the permission."),
    404: ("Not Found", "not_found", "There is nothing at this address."),
    409: ("Conflict", "conflict", "There is one already."),
    412: ("Precondition Failed", "stale_version", "Somebody else changed it first."),
    413: ("Request Entity Too Large", "body_too_large", "The body is larger than this server takes."),
    415: ("Unsupported Media Type", "unsupported_media_type", "The body must be application/json."),
    422: ("Unprocessable Entity", "invalid_body", "The field name is required."),
    429: ("Too Many Requests", "rate_limited", "More than 6000 requests in 60 seconds (reads)."),
    503: ("Service Unavailable", "try_again", "The database asks for the request to be made again."),
}
_REQUEST_ID = "req_01KA1B2C3D4E5F6G7H8J9K0M1N"

HEADERS: Json = {
    "RequestId": {
        "description": "The request's name in our log: the caller's own, or one of ours.",
        "schema": {"type": "string"},
        "example": _REQUEST_ID,
    },
    "RateLimit": {
        "description": "How the caller stands: `r` requests left, more in `t` seconds. Not there without a limit.",
        "schema": {"type": "string"},
        "example": '"reads";r=5999;t=66',
    },
    "RateLimitPolicy": {
        "description": "The policy that counted this request: `q` requests in any `w` seconds.",
        "schema": {"type": "string"},
        "example": '"reads";q=6000;w=60',
    },
    "RetryAfter": {
        "description": "In how many seconds to come back.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 30,
    },
    "ETag": {
        "description": "The version of the answer; send it back as `If-Match` or `If-None-Match`.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "IdempotentReplayed": {
        "description": "There, and `true`, if this is the kept answer of an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "WWWAuthenticate": {
        "description": "What the server wants, as RFC 6750 has it.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
    "ContentDisposition": {
        "description": "The name of the file.",
        "schema": {"type": "string"},
        "example": 'inline; filename="SCAI-2026-000001.pdf"',
    },
}


def problem_examples() -> Json:
    """Return an example of a problem for each status, by ``problem_<status>``."""
    return {
        f"problem_{status}": {"summary": code, "value": _problem(status)} for status, (_, code, _) in _TITLES.items()
    }


def _problem(status: int) -> Json:
    title, code, detail = _TITLES[status]
    errors = [{"pointer": "/name", "message": detail}] if status == 422 else []  # noqa: PLR2004  # as the table has it
    return {
        "type": f"urn:scaicontrol:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors,
        "request_id": _REQUEST_ID,
        "hint": None,
    }


def shared_problems() -> Json:
    """Return the answers that are the same for many operations, by ``problem_<status>``."""
    limits = limit_headers("/api/")
    return {f"problem_{status}": problem(status, _ALWAYS.get(status, ()), limits) for status in RESPONSES}


def answer(status: int, codes: Sequence[str], path: str) -> Json:
    """Return an operation's answer with a problem: the shared one, if it has no code of its own."""
    if path.startswith("/api/") and codes == sorted(_ALWAYS.get(status, ())):
        return {"$ref": f"#/components/responses/problem_{status}"}
    return problem(status, codes, limit_headers(path))


def codes_of(status: int, noted: Iterable[str], *, body: bool, key: bool) -> list[str]:
    """Return the codes that an answer may carry: what the operation's use cases say, and what surrounds them."""
    around = [*_ALWAYS.get(status, ()), *(_WITH_BODY.get(status, ()) if body else ())]
    around += _WITH_KEY.get(status, ()) if key else ()
    return sorted({*noted, *around})


def problem(status: int, codes: Sequence[str], headers: Json) -> Json:
    """Return a declared answer with a problem."""
    text = RESPONSES[status]
    own = {"X-Request-ID": _header("RequestId"), **headers}
    if status in {429, 503}:
        own["Retry-After"] = _header("RetryAfter")
    if status == 401:  # noqa: PLR2004  # as the table has it
        own["WWW-Authenticate"] = _header("WWWAuthenticate")
    return {
        "description": f"{text} Codes: {', '.join(f'`{each}`' for each in codes)}." if codes else text,
        "headers": own,
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {"problem": {"$ref": f"#/components/examples/problem_{status}"}},
            }
        },
        **({"x-codes": list(codes)} if codes else {}),
    }


def limit_headers(path: str) -> Json:
    """Return the headers by which a caller learns how it stands."""
    if not path.startswith("/api/"):
        return {}
    return {"RateLimit": _header("RateLimit"), "RateLimit-Policy": _header("RateLimitPolicy")}


def success_headers(response: Json, schemas: Json, *, key: bool) -> Json:
    """Return the headers of an answer that is no problem: where its body has a version, an ETag; a name for a file."""
    headers = {"X-Request-ID": _header("RequestId")}
    for media_type, content in (response.get("content") or {}).items():
        name = str((content.get("schema") or {}).get("$ref", "")).rpartition("/")[2]
        if "version" in schemas.get(name, {}).get("properties", {}):
            headers["ETag"] = _header("ETag")
        if media_type in {"application/pdf", "application/xml", "text/csv"}:
            headers["Content-Disposition"] = _header("ContentDisposition")
    if key:
        headers["Idempotent-Replayed"] = _header("IdempotentReplayed")
    return headers


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}

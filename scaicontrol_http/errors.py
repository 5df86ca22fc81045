"""Errors as answers: RFC 9457 problem documents, one status per kind of error, and never a stack trace."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from scaicontrol_core.kernel.errors import ErrorKind, FieldError, ScaiControlError, Stale
from scaicontrol_core.kernel.rate_limit import RateLimited
from scaicontrol_http.requests import etag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROBLEM_JSON = "application/problem+json"
#: Where the outermost layer leaves the request's id, in the connection's state.
REQUEST_ID = "request_id"
#: Where an error leaves its code for the log.
PROBLEM_CODE = "problem_code"
#: Where a route's ``opt`` names the document that tells clients where its tokens come from.
RESOURCE_METADATA = "resource_metadata"

#: The one place where a kind of error becomes a status.
STATUS: Mapping[ErrorKind, int] = {
    ErrorKind.MALFORMED: 400,
    ErrorKind.REFUSED: 400,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.STALE: 412,
    ErrorKind.INVALID: 422,
    ErrorKind.LIMITED: 429,
    ErrorKind.RETRYABLE: 503,
    ErrorKind.UNAVAILABLE: 503,
}
#: What only HTTP knows, by code.
_STATUS_OF_CODE = {"unsupported_media_type": 415}
#: The one error raised on purpose that may have had an effect: COMMIT was sent, and no answer came.
_MAYBE_DONE = "commit_unknown"
#: When to come back, in seconds: a deadlock is over at once, a dependency takes its time.
_RETRY_AFTER = {ErrorKind.LIMITED: 60, ErrorKind.RETRYABLE: 1, ErrorKind.UNAVAILABLE: 30}
#: Codes and words for what the framework refuses before any code of ours runs.
_FRAMEWORK = {
    400: ("malformed", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not know this method."),
    413: ("body_too_large", "The body is larger than this server takes."),
    415: ("unsupported_media_type", "The body is in a format that is not read here."),
}
#: What Litestar calls a fault of the server and is none.
_CLIENT_GONE = "client disconnected prematurely"

log = structlog.get_logger(__name__)


class WrongField(Struct, frozen=True):
    """One wrong field: a JSON pointer into the body, or the name of a parameter behind a slash."""

    pointer: str
    message: str


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong. ``code`` is stable; ``detail`` is for people and may change."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[WrongField]
    request_id: str
    hint: str | None = None


def on_known_error(request: Request[Any, Any, Any], error: ScaiControlError) -> Response[Problem]:
    """Answer an error that the product raised on purpose."""
    headers = {}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    elif error.kind in _RETRY_AFTER:
        headers["Retry-After"] = str(_RETRY_AFTER[error.kind])
    if error.kind is ErrorKind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = _challenge(request, error)
    if isinstance(error, Stale) and error.version is not None:
        headers |= etag(error.version)
    status = _STATUS_OF_CODE.get(error.code, STATUS[error.kind])
    return _answer(request, status, error.code, error.message, error.fields, error.hint, headers)


def on_framework_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer what Litestar refused: an unknown route, a parameter of the wrong type, too large a body."""
    if isinstance(error, ValidationException):
        return _on_wrong_input(request, error)
    if error.detail == _CLIENT_GONE:
        return _answer(request, 400, "body_incomplete", "The body broke off.")
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return on_unforeseen_error(request, error)
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    code, detail = _FRAMEWORK.get(status, ("refused", HTTPStatus(status).phrase))
    return _answer(request, status, code, detail, headers=headers)


def on_large_head(request: Request[Any, Any, Any]) -> Response[Problem]:
    """Answer a request whose address and headers are longer than anybody's need to be."""
    return _answer(request, 431, "head_too_large", "The address and the headers are longer than this server takes.")


def on_unforeseen_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer a fault of ours: the caller learns only the request id under which the log has the rest."""
    log.error("internal_error", error=type(error).__name__, exc_info=error)
    return _answer(request, 500, "internal_error", "Something went wrong on our side.", hint="Tell us the request_id.")


EXCEPTION_HANDLERS: dict[type[Exception] | int, Any] = {
    ScaiControlError: on_known_error,
    HTTPException: on_framework_error,
    Exception: on_unforeseen_error,
}


def outcome_is_known(status: int, code: str | None) -> bool:
    """Tell of a failed request whether it surely had no effect: it was refused, or undone before COMMIT."""
    return status < HTTPStatus.INTERNAL_SERVER_ERROR or (
        status == HTTPStatus.SERVICE_UNAVAILABLE and code not in {None, _MAYBE_DONE}
    )


def _on_wrong_input(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    """Answer what is wrong with a parameter, with a form, or a JSON body that is not there at all."""
    extra: list[Any] = error.extra if isinstance(error.extra, list) else []
    in_body = any(each.get("source") == "body" for each in extra)
    if in_body and any(each.get("key") == "data" for each in extra):
        return _answer(request, 422, "invalid_body", "A body is needed.", [FieldError("", "A body is needed.")])
    fields = [FieldError(f"/{each.get('key', '')}", f"{each.get('message', 'It is wrong')}.") for each in extra]
    fields = fields or [FieldError(f"/{name}", "It is needed.") for name in re.findall(r"'([\w-]+)'", error.detail)]
    detail = " ".join(f"{each.pointer[1:]}: {each.message}" for each in fields) or "A parameter is wrong."
    return _answer(request, 422, "invalid_body" if in_body else "invalid_query", detail, fields)


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    detail: str,
    fields: Sequence[FieldError] = (),
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[Problem]:
    state = request.scope["state"]
    state[PROBLEM_CODE] = code
    problem = Problem(
        type=f"urn:scaicontrol:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=[WrongField(field.pointer, field.message) for field in fields],
        request_id=state.get(REQUEST_ID, ""),
        hint=hint,
    )
    return Response(problem, status_code=status, media_type=PROBLEM_JSON, headers=dict(headers or {}))


def _challenge(request: Request[Any, Any, Any], error: ScaiControlError) -> str:
    """Return the challenge of RFC 6750: without a token no error is named, with one it is; RFC 9728 adds where from."""
    metadata = request.scope["route_handler"].opt.get(RESOURCE_METADATA)
    parts = [] if error.code == "token_missing" else ['error="invalid_token"']
    parts += [f'resource_metadata="{metadata}"'] if metadata else []
    return f"Bearer {', '.join(parts)}".strip()

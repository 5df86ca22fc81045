"""Errors at the command line: one line on stderr, and an exit code that scripts can trust."""

from __future__ import annotations

import json
from typing import Any

from scaicontrol_core.kernel.errors import ErrorKind, FieldError, ScaiControlError

DONE = 0
FAILED = 1
USAGE = 2

#: What was typed is wrong. Everything else is a failure: the same command may work another time.
_USAGE_KINDS = frozenset({ErrorKind.INVALID, ErrorKind.MALFORMED})
_FIELDS_SHOWN = 3


def exit_code(kind: ErrorKind) -> int:
    """Return 2 for input that is wrong in itself, 1 for all other failures."""
    return USAGE if kind in _USAGE_KINDS else FAILED


def one_line(error: ScaiControlError) -> str:
    """Write message, code, fields and hint as one line for people."""
    parts = [f"{error.message} [{error.code}]"]
    if error.fields:
        shown = "; ".join(_field(field, error.message) for field in error.fields[:_FIELDS_SHOWN])
        more = len(error.fields) - _FIELDS_SHOWN
        parts.append(f"At {shown}" + (f"; and {more} more (--json names them all)." if more > 0 else "."))
    if error.hint:
        parts.append(f"Hint: {error.hint}")
    return " ".join(" ".join(parts).split())


def error_value(error: ScaiControlError) -> dict[str, Any]:
    """Return the error as a JSON value, with the names the HTTP answers use."""
    return {
        "code": error.code,
        "detail": error.message,
        "errors": [{"pointer": field.pointer, "message": field.message} for field in error.fields],
        "hint": error.hint,
    }


def error_json(error: ScaiControlError) -> str:
    """Write the error as one line of JSON."""
    return json.dumps(error_value(error), ensure_ascii=False)


def _field(field: FieldError, message: str) -> str:
    place = field.pointer or "the whole input"
    return place if field.message == message else f"{place}: {field.message.rstrip('.')}"

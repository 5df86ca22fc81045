"""Errors as JSON, and back as the class that their code belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaicontrol_core.kernel.errors import ErrorKind, FieldError, ScaiControlError


def error_to(error: ScaiControlError) -> dict[str, Any]:
    """Return an error as JSON, so that its kind is known on the other side too."""
    return {
        "kind": error.kind.value,
        "code": error.code,
        "detail": error.message,
        "errors": [{"pointer": field.pointer, "message": field.message} for field in error.fields],
        "hint": error.hint,
    }


def error_from(raw: Mapping[str, Any]) -> ScaiControlError:
    """Return the error that JSON tells of, as the class that the code belongs to, if there is one of that kind."""
    kind, code = ErrorKind(raw["kind"]), raw["code"]
    found = next((each for each in _errors(ScaiControlError) if (each.kind, each.code) == (kind, code)), None)
    chosen = found or next(each for each in _errors(ScaiControlError) if each.kind is kind)
    error = chosen.__new__(chosen)
    # Constructors of single classes take other words; what an error says is the same in all.
    ScaiControlError.__init__(
        error,
        str(raw["detail"]),
        code=str(code),
        fields=tuple(FieldError(str(each["pointer"]), str(each["message"])) for each in raw.get("errors") or ()),
        hint=raw.get("hint"),
    )
    return error


def _errors(base: type[ScaiControlError]) -> list[type[ScaiControlError]]:
    """Return the subclasses that are loaded, the most general first."""
    found = base.__subclasses__()
    return [*found, *(inner for each in found for inner in _errors(each))]

"""How answers read: files beside an answer, errors in plain words, and a sentence about each result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from scaicontrol_http.requests import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.kernel.errors import ScaiControlError

A = TypeVar("A")
#: What people call a thing by, best first.
_NAMES = ("number", "name", "legal_name", "company_name", "slug", "key", "plan_key", "pack_slug", "period", "id")
_STATES = ("status", "state")


class WrongFieldAnswer(Answer):
    """A field that is wrong, as a JSON pointer into the input, and what is wrong with it."""

    field: str
    message: str


class ErrorAnswer(Answer):
    """Why nothing was done. ``code`` is stable; the texts are for people and may change."""

    code: str
    message: str
    fields: list[WrongFieldAnswer]
    hint: str | None
    request_id: str | None


@frozen
class Attachment:
    """A file that comes with an answer."""

    name: str
    media_type: str
    content: bytes


@frozen
class Attached(Generic[A]):
    """An answer with a file beside it."""

    answer: A
    attachment: Attachment


def refusal(error: ScaiControlError, request_id: str | None) -> ErrorAnswer:
    """Show an error: what its problem document says over HTTP."""
    fields = [WrongFieldAnswer(field=_pointer(each.pointer), message=each.message) for each in error.fields]
    return ErrorAnswer(
        code=error.code, message=error.message, fields=fields, hint=error.hint, request_id=request_id or None
    )


def _pointer(pointer: str) -> str:
    """Return where a field stands in a tool's input, which has no headers."""
    return {"/headers/Idempotency-Key": "/idempotency_key", "/headers/If-Match": "/expected_version"}.get(
        pointer, pointer
    )


def brief(content: Mapping[str, Any]) -> str:
    """Say in a sentence or two what an answer holds."""
    if (error := content.get("error")) is not None:
        return _error_in_words(error)
    action, result = content["action"], content["result"]
    repeated = " (the answer of an earlier call with this key)" if content.get("replayed") else ""
    return f"{action}: {_result_in_words(result)}{repeated}."


def _error_in_words(error: Mapping[str, Any]) -> str:
    parts = [f"Not done ({error['code']}): {error['message']}"]
    parts += [
        f"{each['field'].lstrip('/') or 'input'}: {each['message']}"
        for each in error["fields"]
        if each["message"] != error["message"]
    ]
    parts += [error["hint"]] if error["hint"] else []
    return " ".join(parts)


def _result_in_words(result: Any) -> str:
    if isinstance(result, dict) and isinstance(items := result.get("items"), list):
        total = result.get("total", len(items))
        more = "; next_cursor says where it goes on" if result.get("next_cursor") else ""
        return f"{len(items)} of {total}{more}"
    if isinstance(result, dict):
        return _thing_in_words(result) or "done"
    return "done"


def _thing_in_words(thing: Mapping[str, Any]) -> str:
    inner = next((each for each in thing.values() if isinstance(each, dict) and "id" in each), None)
    shown = thing if "id" in thing or inner is None else inner
    names = [str(shown[name]) for name in _NAMES if isinstance(shown.get(name), str)]
    words = names[:1] + ([shown["id"]] if isinstance(shown.get("id"), str) and shown["id"] not in names[:1] else [])
    words += [str(shown[name]) for name in _STATES if isinstance(shown.get(name), str)]
    return ", ".join(words)

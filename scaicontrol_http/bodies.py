"""Requests whose JSON body is read once, strictly, straight into the type that the route declares."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request
from litestar.enums import RequestEncodingType

from scaicontrol_core.kernel.errors import ErrorKind, FieldError, Invalid, Malformed, ScaiControlError

_PATH = re.compile(r" - at `(?:key in )?\$(.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING_FIELD = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


class UnsupportedMediaType(ScaiControlError):
    """The body is in a format that the route does not read. HTTP alone has such a thing, and 415 for it."""

    kind = ErrorKind.MALFORMED
    code = "unsupported_media_type"


class StrictRequest(Request[Any, Any, Any]):
    """A request that takes no text for a number and no field it does not know."""

    async def json(self) -> Any:
        """Return the body as the route's own type.

        Raises ``UnsupportedMediaType``, ``Malformed`` (``malformed_json``) for what is no JSON,
        ``Invalid`` (``invalid_body``) with a pointer for what has another shape.
        """
        media_type = self.content_type[0].lower()
        if media_type not in {RequestEncodingType.JSON, ""} and not media_type.endswith("+json"):
            raise UnsupportedMediaType("The body must be application/json.")
        declared = self.route_handler.parsed_data_field
        return decode(await self.body(), Any if declared is None else declared.annotation)


def decode(body: bytes, body_type: Any) -> Any:
    """Read a body; see ``StrictRequest.json``."""
    try:
        found = _decoder(body_type).decode(body)
        _refuse_repeated_names(body)
    except msgspec.ValidationError as wrong:
        _require_json(body)
        raise _wrong_shape(str(wrong)) from None
    except (ValueError, RecursionError) as wrong:
        raise _no_json(wrong) from None
    return found


def _refuse_repeated_names(body: bytes) -> None:
    """Refuse an object with one name twice: whoever looked at it on the way may have taken the other value."""
    json.loads(body, object_pairs_hook=_of_names_once, parse_int=str, parse_float=str)


def _of_names_once(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) != len({name for name, _ in pairs}):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"The body gives the field {twice!r} twice.", code="malformed_json")


@lru_cache(maxsize=256)
def _decoder(body_type: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(body_type)


def _require_json(body: bytes) -> None:
    """Tell a wrong shape from JSON that breaks off after it."""
    try:
        msgspec.json.decode(body)
    except (ValueError, RecursionError) as wrong:
        raise _no_json(wrong) from None


def _no_json(wrong: Exception) -> Malformed:
    reason = str(wrong) if isinstance(wrong, msgspec.DecodeError) else "it must be UTF-8, and not nested too deeply"
    return Malformed(f"The body cannot be read: {reason}.", code="malformed_json")


def _wrong_shape(message: str) -> Invalid:
    """Turn msgspec's words into ours: the place as a JSON pointer (RFC 6901), then what is wrong with it."""
    place = _PATH.search(message)
    pointer = _pointer(place[1]) if place else ""
    text = message[: place.start()] if place else message
    if unknown := _UNKNOWN_FIELD.fullmatch(text):
        pointer, text = f"{pointer}/{pointer_step(unknown[1])}", f"There is no field {unknown[1]!r}."
    elif missing := _MISSING_FIELD.fullmatch(text):
        pointer, text = f"{pointer}/{pointer_step(missing[1])}", f"The field {missing[1]} is required."
    else:
        text = f"{pointer.lstrip('/') or 'The body'}: {text.replace('`', '')}."
    return Invalid(text, code="invalid_body", fields=(FieldError(pointer, text),))


def _pointer(path: str) -> str:
    return "".join(f"/{pointer_step(name or index)}" for name, index in _STEP.findall(path))


def pointer_step(name: str) -> str:
    """Return a name as one step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")

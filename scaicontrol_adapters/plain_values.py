"""Values of no declared type (a file's content, features of a plan) as JSON, and back without loss.

What JSON lacks is an object of one field whose name begins with ``$``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

_SIGN = "$"
_NO_KEY = "$none"
_READERS: Mapping[str, Callable[[str], Any]] = {
    "$instant": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$decimal": Decimal,
}


def to_any(value: Any) -> Any:
    """Return a value as JSON; ``TypeError`` for one that has no form there."""
    if isinstance(value, Enum):
        return to_any(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return {"$instant": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, Mapping):
        return {_written(key): to_any(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_any(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def from_any(raw: Any) -> Any:
    """Return the value that JSON stands for; ``ValueError`` for a sign that means nothing."""
    if isinstance(raw, list | tuple):
        return [from_any(inner) for inner in raw]
    if not isinstance(raw, Mapping):
        return raw
    if len(raw) == 1:
        ((key, inner),) = raw.items()
        if key in _READERS:
            if not isinstance(inner, str):
                raise ValueError(f"not a text behind {key}")
            try:
                return _READERS[key](inner)
            except ArithmeticError:
                raise ValueError("not a decimal number") from None
    return {_read(key): from_any(inner) for key, inner in raw.items()}


def _written(key: object) -> str:
    if key is None:
        return _NO_KEY  # the cells of a table's row that has more than its heading
    text = str(key)
    return _SIGN + text if text.startswith(_SIGN) else text


def _read(key: str) -> str | None:
    if key == _NO_KEY:
        return None
    if key.startswith(_SIGN * 2):
        return key[1:]
    if key.startswith(_SIGN):
        raise ValueError(f"{key} means nothing")
    return key

"""JSON Schemas (2020-12) of attrs classes: what stands in the catalogue, and what tests hold events to.

Fields are documented in place: ``Annotated[str, "what it means"]``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs

_PLAIN: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    NoneType: {"type": "null"},
}


def schema_of(kind: type[Any]) -> dict[str, Any]:
    """Return the schema of an attrs class: every field is there; more may come with a later release."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        "type": "object",
        "properties": {attribute.name: _of_type(hints[attribute.name]) for attribute in attrs.fields(kind)},
        "required": [attribute.name for attribute in attrs.fields(kind)],
        "additionalProperties": True,
    }


def _of_type(kind: Any) -> dict[str, Any]:
    kind = getattr(kind, "__supertype__", kind)  # a NewType is what it stands on
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if kind in (Any, object):
        return {}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _of_type(arguments[0]) | {"description": arguments[1]}
    if origin in (Union, UnionType):
        return _of_union([_of_type(each) for each in arguments])
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of_type(arguments[1])}
    if origin is not None and issubclass(origin, Sequence):
        return {"type": "array", "items": _of_type(arguments[0])}
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return {"type": "string", "enum": [member.value for member in kind]}
    if attrs.has(kind):
        return schema_of(kind)
    raise TypeError(f"{kind!r} has no place in a payload")


def _of_union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    if all(set(each) == {"type"} for each in schemas):
        return {"type": [each["type"] for each in schemas]}
    null = {"type": "null"}
    if null in schemas and len(schemas) == 2:  # noqa: PLR2004  # a type and null
        other = next(each for each in schemas if each != null)
        if "type" in other and "enum" not in other:
            return other | {"type": [other["type"], "null"]}
    return {"anyOf": schemas}

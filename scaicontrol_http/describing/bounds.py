"""What values are like, by the names that fields and parameters have everywhere: their meaning, form and bounds.

Nothing here decides anything: each bound is one that the core enforces, and the tests that throw
generated values at every route find out when it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
#: Schemas of parameters of every list.
_OF_LISTS: Mapping[str, Json] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "page": {"type": "integer", "minimum": 1},
    "page_size": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
}
#: What a parameter means whose route says nothing of its own.
_MEANINGS: Mapping[str, str] = {
    "slug": "The short name of the service or pack.",
    "plan": "The short name of the plan.",
    "service": "The short name of the service.",
    "status": "Only those in this state.",
    "document_type": "Only `invoice` or `credit_note`.",
    "number": "Only the document of this number.",
    "kind": "Only those of this kind.",
    "method": "Only those made this way.",
    "reference": "Only those with this reference.",
    "is_active": "Only those that are active, or are not.",
    "resource_type": "Only changes of things of this type.",
    "action": "Only this event, `invoice.finalized`.",
    "since": "Only from this moment on.",
    "until": "Only before this moment.",
    "start": "The first day.",
    "end": "The day after the last.",
    "by": "How finely it is cut: `day`, `month`, …",
    "format": "In which format.",
    "name": "Only those of this name.",
    "use_case": "The name of the use case.",
    "user_id": "Only what this user did.",
    "search": "Part of the name, whatever the case.",
}


def bound(operation: Json) -> None:
    """Complete an operation's parameters: a meaning for each, bounds, and no null, which no query can bring."""
    for parameter in operation.get("parameters", ()):
        if "$ref" in parameter:
            continue
        name = parameter["name"]
        parameter["schema"] = _OF_LISTS.get(name) or _without_null(parameter.get("schema") or {})
        parameter.setdefault("description", parameter["schema"].get("description") or meaning(name, parameter["in"]))
        for noise in ("deprecated", "allowEmptyValue", "allowReserved"):
            parameter.pop(noise, None)


def meaning(name: str, place: str) -> str:
    """Say what a parameter means whose route does not."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    if name.endswith("_id"):
        thing = name.removesuffix("_id").replace("_", " ")
        return f"The id of the {thing}." if place == "path" else f"Only those of this {thing}."
    return f"Only those with this {name.replace('_', ' ')}."


def _without_null(schema: Json) -> Json:
    choices = [each for each in schema.get("oneOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return {**{name: each for name, each in schema.items() if name != "oneOf"}, **choices[0]}
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        rest = [each for each in kinds if each != "null"]
        schema = schema | {"type": rest[0] if len(rest) == 1 else rest}
    if None in schema.get("enum", ()):
        schema = schema | {"enum": [each for each in schema["enum"] if each is not None]}
    return schema

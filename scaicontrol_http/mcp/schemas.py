"""JSON Schema (2020-12) of tools: what each action takes, and what it answers.

An input is flat: ``action`` beside the fields. Which fields an action takes is told twice: in a chain of
``if``/``then``/``else`` for whoever validates, and in the descriptions for whoever only reads. The root has no
``oneOf``, ``anyOf`` or ``allOf``: some models' interfaces refuse tools that have one there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from scaicontrol_http.mcp.action import Action, Around, Effect
from scaicontrol_http.mcp.answering import Attached, ErrorAnswer

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/"
_NULL = {"type": "null"}
_EFFECT = {Effect.ENDS: " Needs confirm: true."}


@lru_cache(maxsize=512)
def input_schema(actions: tuple[type[Action], ...]) -> Json:
    """Return the schema of a tool's input, if these are its actions."""
    each = {action.action_name(): _fields(action) for action in actions}
    told = [f"{name}: {_about(action)}" for name, action in zip(each, actions, strict=True)]
    properties: Json = {
        "action": {"type": "string", "enum": list(each), "description": "What to do. " + " ".join(told)}
    }
    for name in dict.fromkeys(field for schema in each.values() for field in schema["properties"]):
        properties[name] = _together(name, each)
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": properties,
        "required": ["action"],
        "additionalProperties": False,
        **_chain(list(each.items()), properties),
    }


@lru_cache(maxsize=512)
def output_schema(actions: tuple[type[Action], ...]) -> Json:
    """Return the schema of a tool's answers, if these are its actions."""
    results = [result_of(action) for action in actions]
    shown, definitions = msgspec.json.schema_components(
        [*dict.fromkeys(results), ErrorAnswer], ref_template=_REFERENCE + "{name}"
    )
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": {
            "action": {"type": "string", "description": "What was asked for."},
            "result": {"anyOf": list(shown[:-1])},
            "replayed": {"const": True, "description": "The answer of an earlier call with the same key."},
            "error": shown[-1],
        },
        "oneOf": [{"required": ["action", "result"]}, {"required": ["error"]}],
        "additionalProperties": False,
        "$defs": definitions,
    }


def result_of(action: type[Action]) -> Any:
    """Return the type of what an action answers, without the file that may come with it."""
    found = get_type_hints(action.run)["return"]
    return get_args(found)[0] if get_origin(found) is Attached else found


@lru_cache(maxsize=512)
def action_schema(action: type[Action]) -> Json:
    """Return the schema of one action's input, ``action`` included, without references."""
    own, around = _of_struct(action), _of_struct(Around)["properties"]
    return own | {"properties": own["properties"] | {name: around[name] for name in action.extras()}}


def _of_struct(kind: type[msgspec.Struct]) -> Json:
    _, definitions = msgspec.json.schema_components([kind], ref_template=_REFERENCE + "{name}")
    own: Json = _inlined(definitions[kind.__name__], definitions)
    return own


def _fields(action: type[Action]) -> Json:
    schema = action_schema(action)
    properties = {name: _plain(value) for name, value in schema["properties"].items() if name != "action"}
    return {"properties": properties, "required": [name for name in schema["required"] if name != "action"]}


def _about(action: type[Action]) -> str:
    text = " ".join((action.__doc__ or "").split())
    return text + _EFFECT.get(action.effect, "")


def _together(name: str, each: Json) -> Json:
    """Describe a field for all actions that take it."""
    takers = [action for action, schema in each.items() if name in schema["properties"]]
    variants = [each[action]["properties"][name] for action in takers]
    options: list[Json] = []
    for variant in variants:
        options += [option for option in _options(variant) if option not in options]
    options.sort(key=lambda option: option == _NULL)
    examples = next((variant["examples"] for variant in variants if "examples" in variant), None)
    defaults = {repr(variant.get("default")): variant.get("default") for variant in variants}
    return {
        **(options[0] if len(options) == 1 else {"anyOf": options}),
        **({"default": variants[0]["default"]} if len(defaults) == 1 and "default" in variants[0] else {}),
        **({"examples": examples} if examples else {}),
        "description": _description(name, takers, each),
    }


def _options(schema: Json) -> list[Json]:
    bare = {key: value for key, value in schema.items() if key not in {"description", "examples", "default", "anyOf"}}
    return schema.get("anyOf") or [bare]


def _description(name: str, takers: list[str], each: Json) -> str:
    said: dict[str, list[str]] = {}
    for action in takers:
        said.setdefault(each[action]["properties"][name].get("description", ""), []).append(action)
    needed = [action for action in takers if name in each[action]["required"]]
    if len(said) > 1:
        told = " ".join(f"For {', '.join(actions)}: {text}" for text, actions in said.items())
    else:
        told = f"{next(iter(said))}" + ("" if len(takers) == len(each) else f" For: {', '.join(takers)}.")
    if needed and len(needed) < len(takers):
        told += f" Required for: {', '.join(needed)}."
    elif needed:
        told += " Required."
    return told.strip()


def _chain(rest: list[tuple[str, Json]], together: Json) -> Json:
    """Return what holds for each action: its own fields, and no others."""
    chained: Json = {}
    for name, schema in reversed(rest):
        own = {
            field: True if _options(value) == _options(together[field]) else _exactly(value)
            for field, value in schema["properties"].items()
        }
        then: Json = {"properties": {"action": True, **own}, "additionalProperties": False}
        if schema["required"]:
            then["required"] = schema["required"]
        chained = {"if": {"properties": {"action": {"const": name}}}, "then": then} | (
            {"else": chained} if chained else {}
        )
    return chained


def _exactly(schema: Json) -> Json:
    options = _options(schema)
    return options[0] if len(options) == 1 else {"anyOf": options}


def _plain(schema: Json) -> Json:
    """Return a field's schema with its description on the outside, and without a default that says nothing."""
    plain = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    options = plain.get("anyOf", ())
    plain.pop("title", None)
    for name in ("description", "examples", "title"):
        found = next((option[name] for option in options if name in option), None)
        if found is not None:
            plain.setdefault(name, found)
            plain["anyOf"] = [{key: value for key, value in option.items() if key != name} for option in plain["anyOf"]]
    plain.pop("title", None)
    return plain


def _inlined(schema: Any, definitions: Json) -> Any:
    """Return a schema with everything that it refers to in its place."""
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        meant = _inlined(definitions[reference.removeprefix(_REFERENCE)], definitions)
        return {**meant, **{name: _inlined(value, definitions) for name, value in schema.items() if name != "$ref"}}
    return {name: _inlined(value, definitions) for name, value in schema.items()}

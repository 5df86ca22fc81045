"""Examples of requests and answers: what the tests of the API sent and got, kept by ``make examples``.

An operation that no test has called yet gets an example made from its types: the description is
never without one.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "examples.json"
Json = dict[str, Any]
_JSON = "application/json"
_OF_FORMAT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "uri": "https://example.com/",
    "email": "a@example.com",
}
_DEEP = 6


@cache
def recorded() -> dict[str, Json]:
    """Return the exchanges by ``GET /admin/tenants``: ``path``, ``query``, ``request``, ``status``, ``response``."""
    found: dict[str, Json] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def add_examples(operation: Json, name: str, components: Json) -> None:
    """Add to an operation's parameters, body and answer what was sent and got."""
    exchange = recorded().get(name, {})
    given = exchange.get("path", {}) | exchange.get("query", {})
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "path" and parameter["name"] in given:
            parameter["example"] = given[parameter["name"]]
    content = operation.get("requestBody", {}).get("content", {})
    _add(content, exchange.get("request"), components)
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            own = exchange.get("response") if str(exchange.get("status")) == status else None
            _add(response.get("content") or {}, own, components)


def _add(content: Json, value: Any, components: Json) -> None:
    for media_type, media in content.items():
        if "example" in media or "examples" in media:
            continue
        is_text = isinstance(value, str)
        if value is not None and is_text != (media_type == _JSON):
            media["example"] = value
        elif media_type == _JSON:
            media["example"] = made_up(media.get("schema") or {}, components)


def made_up(schema: Json, components: Json, depth: int = 0) -> Any:
    """Return a small value that a schema allows: all that is required, and nothing else."""
    if "$ref" in schema:
        return made_up(components[schema["$ref"].rpartition("/")[2]], components, depth)
    for known in ("const", "default", "example"):
        if known in schema:
            return schema[known]
    if schema.get("enum") or schema.get("examples"):
        return (schema.get("enum") or schema["examples"])[0]
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return made_up(choices[0], components, depth)
    kind = schema.get("type")
    return _of_kind(kind[0] if isinstance(kind, list) else kind, schema, components, depth)


def _of_kind(kind: Any, schema: Json, components: Json, depth: int) -> Any:
    if kind == "object":
        known = schema.get("properties", {})
        wanted = schema.get("required", ()) if depth < _DEEP else ()
        return {name: made_up(known.get(name, {}), components, depth + 1) for name in wanted}
    if kind == "array":
        few = schema.get("minItems", 0)
        return [made_up(schema.get("items") or {}, components, depth + 1) for _ in range(few)]
    if kind == "string":
        return _OF_FORMAT.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
    return {"integer": schema.get("minimum", 1), "number": 1, "boolean": True}.get(kind)

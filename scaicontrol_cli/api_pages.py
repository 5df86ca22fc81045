"""Pages about the API, made from its own description: one of each area, with examples."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]
_OK = 300


def pages(description: Json) -> Mapping[str, str]:
    """Return the text of each page by its name; ``index.md`` leads to the others."""
    areas = {tag["name"]: str(tag.get("description", "")) for tag in description["tags"]}
    info = description["info"]
    lines = [f"# {info['title']} {info['version']}", info.get("description", ""), "## Areas"]
    lines.append("\n".join(f"- [{area}]({_file(area)}): {text}" for area, text in areas.items()))
    found = {"index.md": "\n\n".join(lines) + "\n"}
    for area, text in areas.items():
        parts = [f"# {area}", text, *_operations(description, area)]
        found[_file(area)] = "\n\n".join(part for part in parts if part) + "\n"
    return found


def _file(area: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", area.lower()).strip("-") + ".md"


def _operations(description: Json, area: str) -> Iterator[str]:
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if area in operation["tags"]:
                yield "\n\n".join(_operation(description, f"{method.upper()} {path}", operation))


def _operation(description: Json, name: str, operation: Json) -> Iterator[str]:
    yield f"## {operation['summary']}"
    yield f"`{name}`"
    yield operation.get("description", "")
    parameters = [_resolved(description, each) for each in operation.get("parameters", ())]
    if parameters:
        rows = [f"| `{each['name']}` | {each['in']} | {_told(each)} |" for each in parameters]
        yield "\n".join(["| Parameter | In | Meaning |", "|---|---|---|", *rows])
    yield from _example("Request", operation.get("requestBody", {}))
    for status, declared in operation["responses"].items():
        response = _resolved(description, declared)
        if int(status) < _OK:
            yield from _example(f"Answer {status}", response)
    problems = [
        f"| {status} | {_resolved(description, declared)['description']} |"
        for status, declared in operation["responses"].items()
        if int(status) >= _OK
    ]
    if problems:
        yield "\n".join(["| Otherwise | |", "|---|---|", *problems])


def _told(parameter: Json) -> str:
    schema = parameter.get("schema", {})
    choices = ", ".join(f"`{each}`" for each in schema.get("enum", ()))
    bounds = " ".join(f"{name} {schema[name]}" for name in ("minimum", "maximum") if name in schema)
    parts = [parameter.get("description", ""), choices and f"One of {choices}.", bounds and f"({bounds})"]
    return " ".join(part for part in parts if part).replace("|", "\\|")


def _example(title: str, part: Json) -> Iterator[str]:
    for media_type, media in (part.get("content") or {}).items():
        if "example" in media:
            value = media["example"]
            text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
            yield f"{title} (`{media_type}`):"
            yield f"```{'json' if media_type.endswith('json') else ''}\n{text}\n```"


def _resolved(description: Json, part: Json) -> Json:
    found: Json = part
    if "$ref" in part:
        found = description
        for step in part["$ref"].split("/")[1:]:
            found = found[step]
    return found

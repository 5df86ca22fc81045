"""The page of the HTTP API: every route by area, and every body by name."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from docs.generating.markdown import Page, code, codes, table
from docs.generating.permissions import needs
from docs.generating.routes import PREFIX, Json, Route, description, routes
from docs.generating.use_case_asks import asking_use_cases

_RULES = f"""\
Paths stand below `{PREFIX}`, but for `/healthz`, `/readyz` and `/metrics`. The server describes itself as OpenAPI
3.1 at `{PREFIX}/openapi.json`, and shows that at `/docs`.

- A bearer token is needed, except where *no token* stands.
- An answer to a single thing has an `ETag`; sent back as `If-Match`, it makes a change fail with 412 once somebody
  else was faster.
- *Idempotent*: an `Idempotency-Key` makes a repeat answer what the first answered, for 24 hours.
- Lists take *paging*: `limit` and `cursor`, or `page` and `page_size`, and `sort`. They answer `items`, `total` and
  `next_cursor` (null at the end).
- Errors are `application/problem+json`; [errors](errors.md) lists the codes, [permissions](permissions.md) who may
  do what.
"""
_PAGING = {"limit", "cursor", "page", "page_size", "sort"}
_BODIES = "What requests carry and answers bring. A required field is always there; every other may be left out."
_LIST = "Listing_"


def page() -> Page:
    """Return the page."""
    by_tag = groupby(routes(), key=lambda route: route.tag)
    return Page(
        name="api.md",
        title="HTTP API",
        source="the application's own OpenAPI description",
        parts=(
            _RULES,
            *(part for tag, found in by_tag for part in (f"## {tag}", _area(list(found)))),
            *("## Bodies", _BODIES, *_schemas()),
        ),
    )


def _area(found: list[Route]) -> str:
    header = ("Route", "What it does", "Needs", "Query", "Body", "Answer")
    return table(header, map(_row, found))


def _row(route: Route) -> tuple[str, ...]:
    summary = str(route.operation.get("summary", ""))
    return (
        code(route.name),
        f"{summary} (idempotent)" if route.idempotent else summary,
        needs_of(route),
        _query(route.operation.get("parameters", [])),
        _type(_content(route.operation.get("requestBody", {}))),
        _answer(route.operation),
    )


def needs_of(route: Route) -> str:
    """Say in a table's cell what a route asks of its caller."""
    if route.public:
        return "no token"
    asked = [needs(case) for case in asking_use_cases() if case.name in route.use_cases]
    return "; ".join(dict.fromkeys(asked)) or "a token"


def _query(parameters: list[Json]) -> str:
    names = [each["name"] for each in parameters if each["in"] == "query"]
    paged = set(names) >= _PAGING
    own = [name for name in names if not (paged and name in _PAGING)]
    return ", ".join([*map(code, own), *(["paging"] if paged else [])])


def _answer(operation: Json) -> str:
    status, response = next((each for each in operation["responses"].items() if each[0].startswith("2")), ("", {}))
    return f"{status} {_type(_content(response))}".strip()


def _content(part: Json) -> Json:
    """Return the schema of a body, whatever its media type."""
    media: Json = next(iter((part.get("content") or {}).values()), {})
    found: Json = media.get("schema") or {}
    return found


def _schemas() -> list[str]:
    found = description()["components"]["schemas"]
    return [part for name in sorted(found) if not name.startswith(_LIST) for part in _schema(name, found[name])]


def _schema(name: str, schema: Json) -> tuple[str, ...]:
    required = set(schema.get("required", ()))
    rows: list[tuple[str, ...]] = [
        (code(field), _type(kind), "yes" if field in required else "", str(kind.get("description", "")))
        for field, kind in schema.get("properties", {}).items()
    ]
    header: tuple[str, ...] = ("Field", "Type", "Required", "Meaning")
    if not any(meaning for *_, meaning in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    parts = (f"### {name}", str(schema.get("description", "")), table(header, rows) or _type(schema))
    return tuple(part for part in parts if part)


def _type(schema: Json) -> str:
    """Say in a few words what a JSON schema allows."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        listed = name.removeprefix(_LIST).strip("_").rpartition(".")[2]
        return f"{'list of ' if name.startswith(_LIST) else ''}[{listed}](#{listed.lower()})"
    if values := schema.get("enum"):
        return codes(map(str, values))
    if "const" in schema:
        return code(str(schema["const"]))
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(_type(each) for each in choices)
    return _plain(schema)


def _plain(schema: Json) -> str:
    kind: Any = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(map(str, kind))
    if kind == "array":
        return f"list of {_type(schema.get('items') or {})}"
    if kind == "string" and schema.get("format"):
        return str(schema["format"])
    return str(kind or "")

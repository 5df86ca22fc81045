"""The page of the tools for assistants: every action, its fields, what it needs and which use case it calls."""

from __future__ import annotations

from functools import cache
from typing import Any

from attrs import frozen

from docs.generating.calls import reached
from docs.generating.markdown import Page, code, codes, prose, table
from docs.generating.permissions import needs
from docs.generating.use_case_asks import asking_use_cases
from scaicontrol_http.mcp.action import Action, Audience
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import action_schema
from scaicontrol_http.mcp.tool import Tool

_RULES = """\
The server speaks the Model Context Protocol at `/mcp` and, as `scaicontrol mcp`, on standard input and output;
[the feature's page](../features/mcp.md) tells more. Every tool takes an `action` beside that action's fields.

- A tool is listed to whom at least one of its actions makes sense, and only with those actions.
- *Ends*: cannot be taken back, needs `confirm: true`. *Writes*: sent twice, it may take effect twice. *Sets*: the same
  again changes nothing more. *Reads*: writes nothing.
- Fields in bold are required. `idempotency_key` makes a repeat answer what the first answered, for 24 hours.
- Answers are `{"action": …, "result": …}`, or `{"error": {"code", "message", "fields", "hint", "request_id"}}`;
  [errors](errors.md) lists the codes. What `result` looks like, the tool's output schema says; it is the answer of the
  route beside it, [HTTP API](api.md) has the names.
"""
_ANYBODY = {Audience.CUSTOMERS: "a customer's token; ", Audience.ADMINISTRATORS: "no customer's token; "}


@frozen
class ToolAction:
    """An action as its class says, and the use cases that it calls."""

    tool: Tool
    kind: type[Action]
    use_cases: frozenset[str]

    @property
    def name(self) -> str:
        """As assistants call it."""
        return f"{self.tool.name} {self.kind.action_name()}"


@cache
def tool_actions() -> tuple[ToolAction, ...]:
    """Return every action in the order of the catalogue."""
    return tuple(
        ToolAction(tool, kind, reached(kind.__module__, kind.__qualname__)) for tool in TOOLS for kind in tool.actions
    )


def page() -> Page:
    """Return the page."""
    return Page(
        name="mcp.md",
        title="Tools for assistants",
        source="the catalogue of tools and the use cases of the core",
        parts=(_RULES, _summary(), *(part for tool in TOOLS for part in _tool(tool))),
    )


def _summary() -> str:
    rows = []
    for tool in TOOLS:
        hints = tool.hints(tool.actions)
        rows.append(
            (
                f"[{code(tool.name)}](#{tool.name})",
                codes(kind.action_name() for kind in tool.actions),
                *("yes" if held else "–" for held in (hints.read_only, hints.destructive, hints.open_world)),
            )
        )
    return table(("Tool", "Actions", "Only reads", "Destructive", "Reaches out"), rows)


def _tool(tool: Tool) -> tuple[str, ...]:
    rows = [_row(action) for action in tool_actions() if action.tool is tool]
    header = ("Action", "What it does", "Effect", "Fields", "Needs", "Use case", "Routes")
    fields = {name: told for kind in tool.actions for name, told in _described(kind).items()}
    described = [(code(name), _kind(schema), str(schema.get("description", ""))) for name, schema in fields.items()]
    return (f"## {tool.name}", tool.about, table(header, rows), table(("Field", "Type", "What it is"), described))


def _described(kind: type[Action]) -> dict[str, Any]:
    schema = action_schema(kind)["properties"]
    return {name: _outside(value) for name, value in schema.items() if name != "action"}


def _outside(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema with the description of what it may be instead of nothing."""
    told = [schema, *schema.get("anyOf", ())]
    return schema | {"description": next((each["description"] for each in told if "description" in each), "")}


def _kind(schema: dict[str, Any]) -> str:
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    return " or ".join(dict.fromkeys(_kind_of(option) for option in options))


def _kind_of(option: dict[str, Any]) -> str:
    if "enum" in option:
        return codes(map(str, option["enum"]))
    if option.get("type") == "array":
        return f"list of {_kind_of(option.get('items', {}))}"
    return str(
        option.get("format") or option.get("type") or " or ".join(map(_kind_of, option.get("anyOf", ()))) or "any"
    )


def _row(action: ToolAction) -> tuple[str, ...]:
    kind, schema = action.kind, action_schema(action.kind)
    fields = [name for name in schema["properties"] if name != "action"]
    shown = [f"**{code(name)}**" if name in schema["required"] else code(name) for name in fields]
    return (
        code(kind.action_name()),
        prose(kind.__doc__).replace("\n", " "),
        kind.effect.value,
        ", ".join(shown) or "–",
        _needs(action),
        codes(sorted(action.use_cases)) or "–",
        codes(kind.routes) or "–",
    )


def _needs(action: ToolAction) -> str:
    asked = dict.fromkeys(needs(case) for case in asking_use_cases() if case.name in action.use_cases)
    told = " and ".join(asked) or codes(permission.value for permission in action.kind.needs) or "nothing"
    return _ANYBODY.get(action.kind.audience, "") + told

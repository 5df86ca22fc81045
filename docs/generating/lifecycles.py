"""The page of lifecycles: each transition table, drawn and spelled out."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from docs.generating.core import core_modules, path_of
from docs.generating.markdown import Page, code, codes, prose, source, table
from scaicontrol_core.kernel.lifecycle import Lifecycle

_RULE = """\
A move that is not in its table raises `invalid_transition`, names the moves that are, and changes nothing. A state that
nothing follows is final.
"""


def page() -> Page:
    """Return the page."""
    found = sorted(_lifecycles(), key=lambda pair: (pair[0], pair[1].name))
    return Page(
        name="lifecycles.md",
        title="Lifecycles",
        source="the transition tables of the core",
        parts=(
            _RULE,
            *(_section(module, lifecycle) for module, lifecycle in found),
        ),
    )


def _lifecycles() -> Iterator[tuple[str, Lifecycle[Any]]]:
    for module in core_modules():
        for value in vars(module).values():
            # Its states are defined beside it: elsewhere the table is only imported.
            if isinstance(value, Lifecycle) and type(value.initial).__module__ == module.__name__:
                yield module.__name__, value


def _section(module: str, lifecycle: Lifecycle[StrEnum]) -> str:
    rows = [
        (
            code(state.value),
            codes(after.value for after in lifecycle.states if after in lifecycle.targets(state)) or "–",
        )
        for state in lifecycle.states
    ]
    return "\n\n".join(
        [
            f"## {lifecycle.name.capitalize()}",
            f"{prose(type(lifecycle.initial).__doc__)} Defined in {source(path_of(module))}.",
            f"```mermaid\n{lifecycle.mermaid()}\n```",
            table(("From", "To"), rows),
        ]
    )

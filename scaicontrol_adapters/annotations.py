"""What annotations mean at run time, also those whose names a module imports for type checkers only."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHECKING = "TYPE_CHECKING"
_OURS = "scaicontrol_"


@cache
def resolve(kind: type[Any]) -> type[Any]:
    """Replace the words in an attrs class's annotations by the types they name, and return the class."""
    own = get_origin(kind) or kind
    names: dict[str, Any] = {}
    for base in reversed(own.__mro__):
        if base.__module__.startswith(_OURS):
            names |= checked_names(base.__module__) | vars(sys.modules[base.__module__])
    attrs.resolve_types(own, None, names)
    return kind


def signature_of(call: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], Any]:
    """Return a function's parameters with types in place of words, and the type of what it returns."""
    hints = get_type_hints(call, localns=checked_names(call.__module__))
    parameters = inspect.signature(call).parameters
    return {
        name: parameter.replace(annotation=hints.get(name, Any)) for name, parameter in parameters.items()
    }, hints.get("return", Any)


@cache
def checked_names(module: str) -> dict[str, Any]:
    """Return what a module imports under ``if TYPE_CHECKING``: read from its source, imported now."""
    path = sys.modules[module].__file__
    if path is None:
        return {}
    found: dict[str, Any] = {}
    for statement in _checked_statements(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            source = import_module(statement.module)
            found |= {alias.asname or alias.name: getattr(source, alias.name) for alias in statement.names}
    return found


def _checked_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == _CHECKING:
            yield from node.body

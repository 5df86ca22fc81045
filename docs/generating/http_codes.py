"""The codes that only HTTP has: what its framework refuses before any code of ours runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import Module, modules

_ANSWER = "_answer"


def framework_codes() -> list[tuple[str, int, str]]:
    """Return code, status and words of each such answer, by code."""
    return sorted(set(_found()))


def own_statuses() -> dict[str, int]:
    """Return the codes whose status is not that of their kind."""
    found: dict[str, int] = {}
    for key, value in _entries(_errors_module()):
        status = _number(value)
        if status and _text(key):
            found[_text(key)] = status
    return found


def _errors_module() -> Module:
    return next(module for module in modules("scaicontrol_http") if module.name == "scaicontrol_http.errors")


def _found() -> Iterator[tuple[str, int, str]]:
    module = _errors_module()
    for key, value in _entries(module):
        if _number(key) and isinstance(value, ast.Tuple):
            yield _text(value.elts[0]), _number(key), _text(value.elts[1])
    for node in module.walk():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _ANSWER:
            _, status, code, detail = node.args[:4]
            if _number(status) and _text(code):
                yield _text(code), _number(status), _text(detail)


def _entries(module: Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            yield from ((key, value) for key, value in zip(node.value.keys, node.value.values, strict=True) if key)


def _number(node: ast.expr) -> int:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else 0


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

"""Who calls which use case: names followed through the source of the surfaces and adapters.

A function reaches a use case if it names it, or names a function or class that does. Names are
followed through imports within the five packages; what only an object at run time knows
(a method found by its name) is not seen. The container is not looked into: it hands use cases
out, and calls none.
"""

from __future__ import annotations

import ast
from functools import cache

from tests.architecture.sources import PACKAGES, Module, modules
from tests.architecture.use_cases import is_use_case_module, use_cases

_CONTAINER = "scaicontrol_adapters.container"

Place = tuple[str, str]  # a module's name, and a name that it defines


def reached(module: str, name: str) -> frozenset[str]:
    """Return the names of the use cases that a function or class of a surface reaches.

    ``name`` is a qualified name: of a function within another one, only its own lines count.
    """
    found, seen, wanted = set[str](), set[Place](), [(module, name.rpartition(".")[2])]
    while wanted:
        place = wanted.pop()
        if place in seen:
            continue
        seen.add(place)
        if place in _use_cases():
            found.add(place[1])
        else:
            wanted += _named_by(place)
    return frozenset(found)


@cache
def _named_by(place: Place) -> tuple[Place, ...]:
    module, name = place
    node = _definitions(module).get(name) or _nested(module, name)
    if node is None:
        return ()
    known = _imported(module) | {own: (module, own) for own in _definitions(module)}
    words = [each.id for each in _running_parts(node) if isinstance(each, ast.Name)]
    return tuple(known[word] for word in dict.fromkeys(words) if word in known)


def _running_parts(node: ast.AST) -> list[ast.AST]:
    """Return every node but annotations: a type that a function mentions is not something it calls."""
    found, wanted = list[ast.AST](), [node]
    while wanted:
        each = wanted.pop()
        found.append(each)
        for field, value in ast.iter_fields(each):
            if field not in {"annotation", "returns", "decorator_list"}:
                wanted += [inner for inner in (value if isinstance(value, list) else [value]) if _is_node(inner)]
    return found


def _is_node(value: object) -> bool:
    return isinstance(value, ast.AST)


@cache
def _sources() -> dict[str, Module]:
    return {module.name: module for package in PACKAGES for module in modules(package)}


@cache
def _use_cases() -> frozenset[Place]:
    found = (module for module in _sources().values() if is_use_case_module(module))
    return frozenset((module.name, case.name) for module in found for case in use_cases(module))


@cache
def _definitions(module: str) -> dict[str, ast.AST]:
    """Return what a module of the surfaces or adapters defines at its top; the core is not looked into."""
    source = _sources().get(module)
    if source is None or module == _CONTAINER or module.startswith("scaicontrol_core"):
        return {}
    found: dict[str, ast.AST] = {}
    for node in source.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


def _nested(module: str, name: str) -> ast.AST | None:
    """Return a function that stands within another one."""
    source = _sources().get(module)
    if source is None or not _definitions(module):
        return None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return next((node for node in source.walk() if isinstance(node, kinds) and node.name == name), None)


@cache
def _imported(module: str) -> dict[str, Place]:
    """Return what a module imports by name, at its top or within a function."""
    found: dict[str, Place] = {}
    for node in _sources()[module].walk():
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    return found

"""The shape of a use case: one frozen class, one verb, an actor first, a permission asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from attrs import frozen

from tests.architecture.rules import imports
from tests.architecture.sources import Finding, Module

#: Use cases anybody may call, each with the reason why nobody needs a permission for it.
PUBLIC: dict[str, str] = {}


@frozen
class UseCase:
    """A class that stands in a module of `use_cases` and can be called."""

    module: Module
    node: ast.ClassDef

    @property
    def name(self) -> str:
        """The class name."""
        return self.node.name

    @property
    def methods(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Its functions by name."""
        return {item.name: item for item in self.node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))}


def is_use_case_module(module: Module) -> bool:
    """Return whether the module is one of `<feature>/use_cases/`."""
    return ".use_cases." in module.name


def use_cases(module: Module) -> Iterator[UseCase]:
    """Go through the use cases of a module: the public classes with a `__call__`."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found = UseCase(module, node)
            if "__call__" in found.methods:
                yield found


def is_not_one_use_case(module: Module) -> Iterator[Finding]:
    """One verb per file, so that the file's name tells what it does."""
    found = [case.name for case in use_cases(module)]
    if len(found) != 1:
        yield Finding(module, 1, f"holds {len(found)} use cases {found}, not one")


def has_another_shape(module: Module) -> Iterator[Finding]:
    """A use case is a frozen attrs class with one public async `__call__` whose first parameter is the actor."""
    for case in use_cases(module):
        line, call = case.node.lineno, case.methods["__call__"]
        if not any(_names(decorator) == "frozen" for decorator in case.node.decorator_list):
            yield Finding(module, line, f"{case.name} is not @frozen")
        if not isinstance(call, ast.AsyncFunctionDef):
            yield Finding(module, call.lineno, f"{case.name} is not called with await")
        if [argument.arg for argument in call.args.args[:2]] != ["self", "actor"]:
            yield Finding(module, call.lineno, f"the first parameter of {case.name} is not the actor")
        for name in case.methods:
            if not name.startswith("_"):
                yield Finding(module, line, f"{case.name}.{name} is public beside __call__")


def asks_no_permission(module: Module) -> Iterator[Finding]:
    """Every use case asks `actor.require…`, unless it is one of `PUBLIC`."""
    for case in use_cases(module):
        asked = any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr.startswith("require")
            and _names(node.func.value) == "actor"
            for node in ast.walk(case.node)
        )
        if not asked and case.name not in PUBLIC:
            yield Finding(module, case.node.lineno, f"{case.name} asks for no permission")


def imports_another_use_case(module: Module) -> Iterator[Finding]:
    """Use cases share pure functions, not each other."""
    for line, name in imports(module):
        if ".use_cases" in name and name != module.name:
            yield Finding(module, line, f"a use case imports another: {name}")


def _names(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _names(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

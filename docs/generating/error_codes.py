"""Every error class and every code, read from the source of the five packages."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from attrs import field, frozen

from scaicontrol_core.kernel.errors import ErrorKind
from tests.architecture.sources import Module, modules, shipped

_ROOT = "ScaiControlError"
_TEST_KIT = "scaicontrol_core.testing"
#: Calls that take a code by position, which argument it is, and the kind of error that comes of it.
_BY_POSITION = {
    "note": (2, ErrorKind.INVALID),
    "UniqueKey": (0, ErrorKind.CONFLICT),
    "refuse_when": (5, ErrorKind.REFUSED),
}
_GONE = "There is no such thing, or none within the caller's scope."
_KEPT = "The database itself refuses to change or delete what is written once."


@frozen
class ErrorClass:
    """A class of errors: its code and kind, its own or inherited."""

    name: str
    base: str
    path: str
    kind: ErrorKind
    code: str
    docstring: str | None


@frozen
class ErrorCode:
    """A code: its kind, what it says (a class's docstring or a message), and where it comes from."""

    code: str
    kind: ErrorKind
    says: str
    paths: tuple[str, ...]


@frozen
class _Use:
    code: str
    kind: ErrorKind
    message: str
    path: str = field(eq=False)


@cache
def error_classes() -> dict[str, ErrorClass]:
    """Return all error classes by name, a base before its subclasses."""
    nodes = [(module, node) for module in _modules() for node in module.walk() if isinstance(node, ast.ClassDef)]
    known: dict[str, ErrorClass] = {}
    while True:
        found = [
            _error_class(module, node, known)
            for module, node in nodes
            if node.name not in known and (node.name == _ROOT or any(_name(base) in known for base in node.bases))
        ]
        if not found:
            return known
        known |= {each.name: each for each in found}


@cache
def error_codes() -> tuple[ErrorCode, ...]:
    """Return all codes that something in the five packages raises, by code and kind."""
    uses: dict[tuple[str, ErrorKind], list[_Use]] = defaultdict(list)
    for module in _modules():
        for use in _uses(module):
            uses[use.code, use.kind].append(use)
    classes = [each for each in error_classes().values() if each.name != _ROOT]
    docs = {each.code: each.docstring for each in reversed(classes) if each.docstring}
    return tuple(
        ErrorCode(code, kind, docs.get(code) or _first(found), tuple(sorted({use.path for use in found})))
        for (code, kind), found in sorted(uses.items())
    )


def _modules() -> Iterator[Module]:
    yield from (module for module in shipped() if not module.name.startswith(_TEST_KIT))
    yield from modules("migrations")


def _first(uses: list[_Use]) -> str:
    return next((use.message for use in uses if use.message), "")


def _error_class(module: Module, node: ast.ClassDef, known: dict[str, ErrorClass]) -> ErrorClass:
    base = next((known[_name(each)] for each in node.bases if _name(each) in known), None)
    kind, code = (base.kind, base.code) if base else (ErrorKind.INVALID, "")
    for target, value in _assigned(node):
        if target == "kind" and isinstance(value, ast.Attribute):
            kind = ErrorKind[value.attr]
        elif target == "code" and isinstance(value, ast.Constant):
            code = str(value.value)
    docstring = ast.get_docstring(node)
    return ErrorClass(node.name, base.name if base else "", module.path, kind, code, docstring)


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for each in node.body:
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            yield each.targets[0].id, each.value
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.value is not None:
            yield each.target.id, each.value


def _uses(module: Module) -> Iterator[_Use]:
    """Go through the places where a module makes an error."""
    constants = {
        target.id: node.value.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in module.walk():
        if isinstance(node, ast.Call):
            for code, kind in _codes_of(node, constants):
                yield _Use(code, kind, _message(node), module.path)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id in error_classes():
            raised = error_classes()[node.exc.id]
            yield _Use(raised.code, raised.kind, "", module.path)


def _codes_of(call: ast.Call, constants: dict[str, str]) -> Iterator[tuple[str, ErrorKind]]:
    """Return the codes of the errors that a call makes, or declares."""
    function, owner = _function(call)
    error = error_classes().get(owner or function)
    given = next((each.value for each in call.keywords if each.arg == "code"), None)
    if function in _BY_POSITION:
        position, kind = _BY_POSITION[function]
        given = given or (call.args[position] if len(call.args) > position else None)
        yield from ((text, kind) for text in (_texts(given, constants) if given else ()))
    elif function == "append_only":
        yield from ((f"{text}_append_only", ErrorKind.REFUSED) for text in _texts(call.args[1], constants))
    elif function == "unique":
        # What only a race can violate runs again, and nobody sees its code.
        race = any(each.arg == "race" for each in call.keywords)
        yield from ((text, ErrorKind.CONFLICT) for text in (_texts(given, constants) if given and not race else ()))
    elif what := _what(call, function, owner):
        yield from ((f"{text.replace(' ', '_')}_not_found", ErrorKind.NOT_FOUND) for text in _texts(what, constants))
    elif error is not None and given is not None:
        yield from ((text, error.kind) for text in _texts(given, constants))
    elif error is not None and error.code and function != "of":
        yield error.code, error.kind


def _what(call: ast.Call, function: str, owner: str) -> ast.expr | None:
    """Return what is not found: named to ``NotFound.of``, or once for a whole table."""
    if function == "of" and owner == "NotFound":
        return call.args[0]
    return next((each.value for each in call.keywords if each.arg == "what" and function.endswith("Table")), None)


def _texts(node: ast.expr, constants: dict[str, str]) -> list[str]:
    """Return the texts that an expression may be: a constant, its name, a class's code, either side of a condition."""
    if isinstance(node, ast.Attribute) and node.attr == "code" and _name(node.value) in error_classes():
        return [error_classes()[_name(node.value)].code]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) + _texts(node.orelse, constants)
    if isinstance(node, ast.Name) and node.id in constants:
        return [constants[node.id]]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _message(call: ast.Call) -> str:
    """Return the sentence that a call gives its error, an ellipsis for what is filled in."""
    function, owner = _function(call)
    if function == "append_only":
        return _KEPT
    if _what(call, function, owner):
        return _GONE
    keywords = [each.value for each in call.keywords if each.arg == "message"]
    for argument in [*keywords, *call.args]:
        text = _shape(argument)
        if " " in text:
            return text
    return ""


def _shape(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _function(call: ast.Call) -> tuple[str, str]:
    """Return the name called, and the name before its dot."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr, _name(call.func.value)
    return _name(call.func), ""


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

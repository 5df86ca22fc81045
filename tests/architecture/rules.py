"""What import contracts cannot see: rules over the packages' syntax, each a function from a module to findings."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from tests.architecture.sources import Finding, Module

#: What the core may import beside the standard library and itself.
CORE_LIBRARIES = frozenset({"attr", "attrs", "stdnum", "scaicontrol_core"})
#: Parts of the standard library that reach outside the process, or that answer differently every time.
IMPURE = frozenset(
    "asyncio http io logging multiprocessing os pathlib random secrets select selectors shutil signal socket sqlite3"
    " ssl subprocess tempfile threading time urllib uuid".split()
)
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})
CLOCK_OWNERS = frozenset({"datetime", "date"})
RANDOM_NAMES = frozenset({"uuid1", "uuid4", "uuid6", "uuid7", "urandom", "SystemRandom", "token_bytes", "token_hex"})
VAGUE_WORDS = frozenset({"manager", "managers", "helper", "helpers", "util", "utils", "utility", "utilities"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def uses_float(module: Module) -> Iterator[Finding]:
    """No float in the core: amounts are whole minor units, rates basis points, quantities Decimal."""
    for node in module.walk():
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            yield Finding(module, node.lineno, f"the float {node.value!r}")
        elif isinstance(node, ast.Name) and node.id == "float":
            yield Finding(module, node.lineno, "the type float")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value == "float":
            yield Finding(module, node.lineno, "the type float as a string")


def reads_the_clock(module: Module) -> Iterator[Finding]:
    """No clock in the core: the time comes from the `Clock` port."""
    for node in module.walk():
        if isinstance(node, ast.Attribute) and node.attr in CLOCK_CALLS and _last_name(node.value) in CLOCK_OWNERS:
            yield Finding(module, node.lineno, f"{ast.unparse(node)} reads the machine's clock")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            yield Finding(module, node.lineno, f"{ast.unparse(node)} is the time module")


def uses_chance(module: Module) -> Iterator[Finding]:
    """No randomness in the core: identifiers come from the `Ids` port."""
    for node in module.walk():
        if isinstance(node, (ast.Name, ast.Attribute)) and _last_name(node) in RANDOM_NAMES:
            yield Finding(module, node.lineno, f"{ast.unparse(node)} differs every time")


def imports_too_much(module: Module) -> Iterator[Finding]:
    """Import into the core: the pure part of the standard library, attrs, python-stdnum."""
    for line, name in imports(module):
        top = name.partition(".")[0]
        if top in IMPURE or (top not in CORE_LIBRARIES and top not in sys.stdlib_module_names):
            yield Finding(module, line, f"the core does not import {name}")


def sets_status_outside_move(module: Module) -> Iterator[Finding]:
    """A status changes in the aggregate's `_move`, which asks the transition table; nowhere else."""
    allowed = {
        id(inner)
        for node in module.walk()
        if isinstance(node, ast.FunctionDef) and node.name == "_move"
        for inner in ast.walk(node)
    }
    for node in module.walk():
        if id(node) not in allowed and any(_is_status(target) for target in _targets(node)):
            yield Finding(module, getattr(node, "lineno", 0), "assigns a status outside _move")


def lacks_docstring(module: Module) -> Iterator[Finding]:
    """Every module says what it is for."""
    if not (ast.get_docstring(module.tree) or "").strip():
        yield Finding(module, 1, "the module has no docstring")


def has_vague_name(module: Module) -> Iterator[Finding]:
    """Names say what a thing is; manager, helper and util say only that somebody needed it."""
    for word in _words(module.name.rpartition(".")[2]) & VAGUE_WORDS:
        yield Finding(module, 1, f"{word!r} in the module's name")
    for node in module.walk():
        if isinstance(node, ast.ClassDef):
            for word in _words(node.name) & VAGUE_WORDS:
                yield Finding(module, node.lineno, f"{word!r} in the class name {node.name}")


def writes_raw_sql(module: Module) -> Iterator[Finding]:
    """No `text(` in a repository: the tenancy guard does not see inside it."""
    for node in module.walk():
        if isinstance(node, ast.Call) and _last_name(node.func) == "text":
            yield Finding(module, node.lineno, "text(…) passes by the tenancy guard")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            for alias in node.names:
                if alias.name == "text":
                    yield Finding(module, node.lineno, "imports text from SQLAlchemy")


def takes_a_named_lock(module: Module) -> Iterator[Finding]:
    """No GET_LOCK: on a Galera cluster every node grants it at once, so it protects nothing."""
    prose = {id(text) for text in _docstrings(module)}
    for node in module.walk():
        in_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
        if (in_text and "get_lock" in str(getattr(node, "value", "")).lower()) or (
            isinstance(node, ast.Attribute) and node.attr.lower() == "get_lock"
        ):
            yield Finding(module, getattr(node, "lineno", 0), "GET_LOCK protects nothing on Galera")


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Go through the modules that a module imports, with their lines."""
    for node in module.walk():
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.name.split(".")[: -node.level] if node.level else []
            yield node.lineno, ".".join([*package, *([node.module] if node.module else [])])


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (inner for inner in ast.walk(target) if isinstance(inner, ast.expr))
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        yield node.target
    elif isinstance(node, ast.Call) and _last_name(node.func) in {"setattr", "__setattr__"}:
        yield from node.args


def _is_status(target: ast.expr) -> bool:
    if isinstance(target, ast.Constant):  # setattr(invoice, "status", …)
        return target.value == "status"
    return isinstance(target, ast.Attribute) and target.attr == "status" and isinstance(target.ctx, ast.Store)


def _docstrings(module: Module) -> Iterator[ast.expr]:
    for node in module.walk():
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(name))

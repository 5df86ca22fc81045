"""The notes on each operation that the API's own description shows: what it needs, and how it may fail."""

from __future__ import annotations

import ast
import json
import re
from functools import cache

from docs.generating.api import needs_of
from docs.generating.error_codes import error_codes
from docs.generating.http_codes import own_statuses
from docs.generating.routes import Json, Route, routes
from scaicontrol_http.describing.notes import FILE
from scaicontrol_http.errors import STATUS
from tests.architecture.sources import Module, modules
from tests.architecture.use_cases import is_use_case_module, use_cases

__all__ = ["FILE", "text"]
_CORE = "scaicontrol_core"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def text() -> str:
    """Return the notes as JSON, by method and path."""
    return json.dumps({route.name: _note(route) for route in routes()}, indent=1, sort_keys=True) + "\n"


def _note(route: Route) -> Json:
    return {"needs": needs_of(route).replace(" \\| ", " | "), "codes": _codes(route)}


def _codes(route: Route) -> dict[str, list[str]]:
    """Return what the route's use cases, and the modules these import, raise, by status.

    An error of a module counts for everyone who imports it, so there may be codes that one operation
    never has; there is none that it could have and that is missing, but what lies further down.
    """
    paths = {path for case in route.use_cases for path in _near(case)}
    found: dict[str, set[str]] = {}
    for each in error_codes():
        if paths.intersection(each.paths):
            status = own_statuses().get(each.code, STATUS[each.kind])
            found.setdefault(str(status), set()).add(each.code)
    missing = {f"{name.removesuffix('_id')}_not_found" for name in _PLACEHOLDER.findall(route.path)}
    if known := missing.intersection(each.code for each in error_codes()):
        found.setdefault("404", set()).update(known)
    return {status: sorted(codes) for status, codes in sorted(found.items())}


@cache
def _near(case: str) -> frozenset[str]:
    """Return the paths of a use case's module and of those it imports from the core."""
    return frozenset(path for module in _modules_of(case) for path in _with_imported(module))


def _modules_of(case: str) -> list[Module]:
    return [
        module
        for module in modules(_CORE)
        if is_use_case_module(module) and any(each.name == case for each in use_cases(module))
    ]


def _with_imported(module: Module) -> list[str]:
    imported = {
        node.module
        for node in module.walk()
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_CORE)
    }
    return [module.path, *(each.path for each in modules(_CORE) if each.name in imported)]

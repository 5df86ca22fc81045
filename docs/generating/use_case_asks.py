"""What each use case asks of its actor, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from attrs import frozen

from docs.generating.core import feature_of
from scaicontrol_core.access import ROLE_PERMISSIONS, Permission, Role
from scaicontrol_core.access.role import TENANT_USER_PERMISSIONS
from tests.architecture import use_cases
from tests.architecture.sources import Module, core

#: Checks that functions of the core make for several use cases, and what they come to.
_PLATFORM, _SELLER = "the platform's own scope", "to be the seller, or the platform"
#: Where the permission depends on what is asked about, and customers have no business.
_SUBJECT = "what administering the thing needs"
_SHARED = {
    "require_platform": _PLATFORM,
    "require_own_name": _SELLER,
    "may_write_for": _SELLER,
    "finalize_all": _SELLER,
}


@frozen
class Ask:
    """One check: any one of the permissions will do. ``always`` is false where some input skips it."""

    permissions: tuple[Permission, ...]
    always: bool


@frozen
class AskingUseCase:
    """A use case and its checks; ``shared`` are those in words, each with whether it is always made."""

    name: str
    module: str
    path: str
    docstring: str | None
    asks: tuple[Ask, ...]
    shared: tuple[tuple[str, bool], ...]

    @property
    def feature(self) -> str:
        """The feature it belongs to."""
        return feature_of(self.module)

    @property
    def permissions(self) -> frozenset[Permission]:
        """All permissions it ever asks for."""
        return frozenset(permission for ask in self.asks for permission in ask.permissions)

    def open_to(self, role: Role | None) -> bool:
        """Tell whether a role's bundle passes the checks always made; None: a tenant's user without one."""
        held = ROLE_PERMISSIONS[role] if role else frozenset[Permission]()
        if role in (None, Role.TENANT_ADMIN):
            held |= TENANT_USER_PERMISSIONS
        if role is not Role.SUPER_ADMIN and (_PLATFORM, True) in self.shared:
            return False
        if role not in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN) and (_SUBJECT, True) in self.shared:
            return False
        return all(held & set(ask.permissions) for ask in self.asks if ask.always)


@cache
def asking_use_cases() -> tuple[AskingUseCase, ...]:
    """Return all use cases of the core, by feature and name."""
    modules = (module for module in core() if use_cases.is_use_case_module(module))
    found = [_read(module, case) for module in modules for case in use_cases.use_cases(module)]
    return tuple(sorted(found, key=lambda case: (case.feature, case.name)))


def _read(module: Module, case: use_cases.UseCase) -> AskingUseCase:
    checks = list(_checks(module.tree, within=case))
    return AskingUseCase(
        name=case.name,
        module=module.name,
        path=module.path,
        docstring=ast.get_docstring(case.node),
        asks=tuple(
            Ask(permissions, always)
            for name, call, always in checks
            if name == "require" and (permissions := _permissions(call))
        ),
        shared=tuple(dict.fromkeys(_in_words(name, always=always) for name, _, always in _worded(checks))),
    )


def _worded(checks: list[tuple[str, ast.Call, bool]]) -> list[tuple[str, ast.Call, bool]]:
    """Return the checks that are told in words."""
    return [each for each in checks if each[0] in _SHARED or (each[0] == "require" and not _permissions(each[1]))]


def _in_words(name: str, *, always: bool) -> tuple[str, bool]:
    # Whose invoice it is shows only once it is loaded; it is looked at for each.
    words = _SHARED.get(name, _SUBJECT)
    return words, always or words == _SELLER


def _checks(tree: ast.AST, *, within: use_cases.UseCase) -> Iterator[tuple[str, ast.Call, bool]]:
    """Go through the calls that check the actor, with whether no branch can lead round them."""
    always = {id(node) for node in _straight(within.methods["__call__"].body)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name, subject = _target(node)
            if subject == "actor" or (name in _SHARED and _names_actor(node.args)):
                yield name, node, id(node) in always


def _straight(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Go through what runs whatever the input: neither branches nor loops."""
    for statement in body:
        if isinstance(statement, (ast.With, ast.AsyncWith, ast.Try)):
            yield from _straight(statement.body)
        elif not isinstance(statement, (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Match)):
            yield from ast.walk(statement)


def _target(call: ast.Call) -> tuple[str, str]:
    """Return the name called, and the name it is called on if there is one."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr, function.value.id if isinstance(function.value, ast.Name) else ""
    return function.id if isinstance(function, ast.Name) else "", ""


def _names_actor(arguments: list[ast.expr]) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "actor" for each in arguments)


def _permissions(call: ast.Call) -> tuple[Permission, ...]:
    named = (each for each in call.args if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name))
    return tuple(Permission[each.attr] for each in named if ast.unparse(each.value) == "Permission")

"""The page of permissions: what each role may do, and which use case asks for what."""

from __future__ import annotations

from docs.generating.markdown import Page, code, codes, table
from docs.generating.use_case_asks import Ask, AskingUseCase, asking_use_cases
from scaicontrol_core.access import ROLE_PERMISSIONS, Permission, Role
from scaicontrol_core.access.ceiling import PERMISSION_CEILING
from scaicontrol_core.access.role import TENANT_USER_PERMISSIONS
from scaicontrol_core.kernel.scope import ScopeKind

_YES, _NO = "yes", "–"
_ROLES = """\
A role is a bundle of permissions; a token may grant single ones beside it. Any user of a tenant has the permissions
of the last column, with a role or without. `super_admin` passes every check.
"""
_CEILINGS = """\
The scope of a token bounds what it may carry, whatever it claims: permissions beyond the ceiling of its scope grant
nothing.
"""
_USE_CASES = """\
Where several permissions stand, any one of them will do. A *yes* says that the role's bundle is enough; which rows
it reaches, its scope decides, and a row beyond the scope is not found.
"""


def page() -> Page:
    """Return the page."""
    cases = asking_use_cases()
    return Page(
        name="permissions.md",
        title="Permissions",
        source="the permission enum, the roles and the use cases of the core",
        parts=(
            *("## Roles", _ROLES, _roles()),
            *("## Ceilings", _CEILINGS, _ceilings()),
            *("## What asks for a permission", _askers(cases)),
            *("## What a use case asks for", _USE_CASES),
            *(_feature(name, cases) for name in sorted({case.feature for case in cases})),
        ),
    )


def needs(case: AskingUseCase) -> str:
    """Say in a table's cell what a use case asks for."""
    always = [_one_of(ask) for ask in case.asks if ask.always] + [text for text, held in case.shared if held]
    sometimes = [_one_of(ask) for ask in case.asks if not ask.always] + [text for text, held in case.shared if not held]
    parts = [" and ".join(always) or "nothing"]
    if sometimes:
        parts.append(f"for some inputs {' and '.join(sometimes)}")
    return "; ".join(parts)


def _one_of(ask: Ask) -> str:
    return codes((permission.value for permission in ask.permissions), " or ")


def _roles() -> str:
    bundles = (*(ROLE_PERMISSIONS[role] for role in Role), TENANT_USER_PERMISSIONS)
    rows = [(code(permission.value), *(_mark(permission in held) for held in bundles)) for permission in Permission]
    return table(("Permission", *(code(role.value) for role in Role), "any user of a tenant"), rows)


def _ceilings() -> str:
    rows = [
        (code(permission.value), *(_mark(permission in PERMISSION_CEILING[kind]) for kind in ScopeKind))
        for permission in Permission
    ]
    return table(("Permission", *(kind.value for kind in ScopeKind)), rows)


def _askers(cases: tuple[AskingUseCase, ...]) -> str:
    rows = []
    for permission in Permission:
        askers = [case.name for case in cases if permission in case.permissions]
        rows.append((code(permission.value), codes(askers) or "nothing yet"))
    return table(("Permission", "Use cases"), rows)


def _feature(name: str, cases: tuple[AskingUseCase, ...]) -> str:
    rows = [
        (code(case.name), needs(case), *(_mark(case.open_to(role)) for role in (*Role, None)))
        for case in cases
        if case.feature == name
    ]
    header = ("Use case", "Needs", *(code(role.value) for role in Role), "any user of a tenant")
    return f"### {name.capitalize()}\n\n{table(header, rows)}"


def _mark(held: bool) -> str:  # noqa: FBT001  # a cell of a table, not a switch
    return _YES if held else _NO

"""Who may give or take which role: never beyond what they may do themselves, nor beyond what its holder ever may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.ceiling import PERMISSION_CEILING, ROLE_CEILING
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.access.role import Role
from scaicontrol_core.identity.errors import (
    PermissionBeyondCeiling,
    PermissionBeyondOwn,
    RoleBeyondCeiling,
    RoleBeyondOwn,
    RoleUnknown,
)
from scaicontrol_core.identity.role import RoleBundle
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.kernel.scope import ScopeKind


def level_of(tenant_id: TenantId | None, *, of_operator: bool) -> ScopeKind:
    """Return the level of tenancy of whoever belongs to a tenant, or to a partner itself."""
    if tenant_id is not None:
        return ScopeKind.TENANT
    return ScopeKind.PLATFORM if of_operator else ScopeKind.PARTNER


def authority(actor: Actor) -> frozenset[Permission]:
    """Return what an actor may hand on: what they may do, and a partner's administrator what its customers may."""
    if actor.is_super_admin:
        return frozenset(Permission)
    if Role.PARTNER_ADMIN.value in actor.roles:
        return actor.permissions | PERMISSION_CEILING[ScopeKind.PARTNER]
    return actor.permissions


def require_hand_on(actor: Actor, bundle: RoleBundle) -> None:
    """Raise ``RoleBeyondOwn`` unless the actor may give or take the role.

    The roles that open a partner, or everything, are for those who have them.
    """
    needs = bundle.builtin if bundle.builtin in (Role.SUPER_ADMIN, Role.PARTNER_ADMIN) else None
    has = actor.is_super_admin or needs is None or needs.value in actor.roles
    if not has or not bundle.permissions <= authority(actor):
        raise RoleBeyondOwn(bundle.name)


def require_grant(
    actor: Actor,
    known: Mapping[str, RoleBundle],
    level: ScopeKind,
    *,
    before: Iterable[str],
    after: Iterable[str],
) -> None:
    """Raise unless the actor may change somebody's roles so.

    ``level`` is what the holder belongs to. Raises ``RoleUnknown``, ``RoleBeyondCeiling``,
    ``RoleBeyondOwn``; what stays as it is needs nothing.
    """
    wanted, had = list(after), frozenset(before)
    for position, name in enumerate(wanted):
        if name not in known:
            raise RoleUnknown(name, position)
        if name not in had and not _within(known[name], level):
            raise RoleBeyondCeiling(name, level.value)
    for name in sorted(had ^ frozenset(wanted)):
        if name in known:
            require_hand_on(actor, known[name])


def require_content(
    actor: Actor, level: ScopeKind, *, before: Iterable[Permission], after: Iterable[Permission]
) -> None:
    """Raise unless the actor may let a role of a partner permit this.

    Raises ``PermissionBeyondCeiling``, ``PermissionBeyondOwn``; taking away is checked as giving is.
    """
    wanted = frozenset(after)
    beyond = wanted - ceiling_of(level)
    if beyond:
        raise PermissionBeyondCeiling(sorted(beyond))
    foreign = (wanted ^ frozenset(before)) - authority(actor)
    if foreign:
        raise PermissionBeyondOwn(sorted(foreign))


def ceiling_of(level: ScopeKind) -> frozenset[Permission]:
    """Return the most that roles of one's own making come to.

    They open nothing beyond the partner: the platform is for ``super_admin`` alone.
    """
    return PERMISSION_CEILING[ScopeKind.PARTNER if level is ScopeKind.PLATFORM else level]


def capped(bundle: RoleBundle, level: ScopeKind) -> RoleBundle | None:
    """Return what is left of a role for a holder of that level; None: nothing is."""
    if bundle.builtin is not None:
        return bundle if bundle.builtin in ROLE_CEILING[level] else None
    return RoleBundle(name=bundle.name, permissions=bundle.permissions & ceiling_of(level))


def _within(bundle: RoleBundle, level: ScopeKind) -> bool:
    if bundle.builtin is not None:
        return bundle.builtin in ROLE_CEILING[level]
    return bundle.permissions <= ceiling_of(level)

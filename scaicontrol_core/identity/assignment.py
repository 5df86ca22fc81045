"""Local roles: what administrators give to users and groups here, beside what the directory gives them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from scaicontrol_core.kernel.ids import TenantId


@frozen(kw_only=True)
class RoleAssignment:
    """A role by name, and who gave it when.

    ``tenant_id`` is the tenant its holder belonged to then. Somebody whom the directory moves to
    another tenant keeps the assignment, but it counts only where it was given.
    """

    role: str
    granted_by: str
    granted_at: datetime
    tenant_id: TenantId | None = None


def role_names(assigned: Iterable[RoleAssignment]) -> tuple[str, ...]:
    """Return the names, in order."""
    return tuple(sorted({each.role for each in assigned}))


def counting(assigned: Iterable[RoleAssignment], tenant_id: TenantId | None) -> frozenset[str]:
    """Return the names of those that count for a holder who belongs to that tenant by now."""
    return frozenset(each.role for each in assigned if each.tenant_id == tenant_id)


def reassigned(
    assigned: Iterable[RoleAssignment], names: Iterable[str], *, by: str, at: datetime, tenant_id: TenantId | None
) -> tuple[RoleAssignment, ...]:
    """Return the assignments of exactly these roles: those there already, as they were, and new ones."""
    kept = {each.role: each for each in assigned if each.tenant_id == tenant_id}
    return tuple(
        kept.get(name) or RoleAssignment(role=name, granted_by=by, granted_at=at, tenant_id=tenant_id)
        for name in sorted(set(names))
    )

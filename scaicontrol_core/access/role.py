"""Roles: the bundles of permissions that ScaiKey's role names stand for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from scaicontrol_core.access.permission import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Role(StrEnum):
    """A named bundle; a user without one still has the catalogue and its own subscriptions."""

    SUPER_ADMIN = "super_admin"
    PARTNER_ADMIN = "partner_admin"
    TENANT_ADMIN = "tenant_admin"


_PLATFORM_ONLY = {Permission.ADMIN_PLATFORM, Permission.ADMIN_REGISTRY, Permission.ADMIN_PROVISIONING}

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.SUPER_ADMIN: frozenset(Permission),
    Role.PARTNER_ADMIN: frozenset(p for p in Permission if p.startswith("admin:")) - _PLATFORM_ONLY,
    Role.TENANT_ADMIN: frozenset(
        {Permission.BILLING_MANAGE, Permission.BILLING_READ, Permission.SUBSCRIPTIONS_READ, Permission.SERVICES_READ}
    ),
}


#: What any user of a tenant may do, role or not: browse, and see the tenant's own subscriptions.
TENANT_USER_PERMISSIONS = frozenset({Permission.SERVICES_READ, Permission.SUBSCRIPTIONS_READ})


def effective_permissions(granted: Iterable[str], roles: Iterable[str]) -> frozenset[Permission]:
    """Merge a token's permissions with the bundles of its roles; unknown names grant nothing."""
    known = {permission.value for permission in Permission}
    merged = {Permission(name) for name in granted if name in known}
    for name in roles:
        if name in Role.__members__.values():
            merged |= ROLE_PERMISSIONS[Role(name)]
    return frozenset(merged)

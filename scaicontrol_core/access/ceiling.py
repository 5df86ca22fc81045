"""Ceilings: the most that any token may carry within a scope, whatever it claims.

An identity provider lets resellers and customers name roles and permissions of their own. A
claim beyond the level of the tenancy it was made at grants nothing: a customer that calls
itself ``super_admin`` stays a customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.access.permission import Permission
from scaicontrol_core.access.role import ROLE_PERMISSIONS, TENANT_USER_PERMISSIONS, Role
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_TENANT = ROLE_PERMISSIONS[Role.TENANT_ADMIN] | TENANT_USER_PERMISSIONS

PERMISSION_CEILING: Mapping[ScopeKind, frozenset[Permission]] = {
    ScopeKind.PLATFORM: frozenset(Permission),
    ScopeKind.PARTNER: ROLE_PERMISSIONS[Role.PARTNER_ADMIN] | _TENANT,
    ScopeKind.TENANT: _TENANT,
    ScopeKind.SERVICE: frozenset(
        {
            Permission.REGISTRY_MANAGE,
            Permission.SCAICONTROL_ADMIN,
            Permission.SERVICES_READ,
            Permission.SUBSCRIPTIONS_READ,
        }
    ),
}

ROLE_CEILING: Mapping[ScopeKind, frozenset[Role]] = {
    ScopeKind.PLATFORM: frozenset(Role),
    ScopeKind.PARTNER: frozenset({Role.PARTNER_ADMIN, Role.TENANT_ADMIN}),
    ScopeKind.TENANT: frozenset({Role.TENANT_ADMIN}),
    ScopeKind.SERVICE: frozenset(),
}

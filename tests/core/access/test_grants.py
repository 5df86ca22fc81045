"""What is granted adds up: one's own permissions, those of roles, and those of the roles of groups."""

from __future__ import annotations

from scaicontrol_core.access import ROLE_PERMISSIONS, Permission, Role
from scaicontrol_core.access.grants import GrantedGroup, GrantedRole, Grants

ADMIN, CLERK = GrantedRole("tenant_admin"), GrantedRole("clerk", frozenset({"admin:usage", "brew:coffee"}))
ALL_ROLES = frozenset(Role)


def test_nothing_grants_nothing() -> None:
    assert Grants().merged(ALL_ROLES) == frozenset()


def test_own_roles_and_those_of_groups() -> None:
    payers = GrantedGroup("payers", frozenset({ADMIN}))
    grants = Grants(frozenset({"admin:billing"}), frozenset({CLERK}), frozenset({payers, GrantedGroup("readers")}))
    assert grants.role_names == {"clerk", "tenant_admin"}
    assert grants.group_names == {"payers", "readers"}
    merged = grants.merged(ALL_ROLES)
    assert merged == ROLE_PERMISSIONS[Role.TENANT_ADMIN] | {Permission.ADMIN_BILLING, Permission.ADMIN_USAGE}


def test_a_bundle_that_does_not_count_grants_nothing() -> None:
    assert Grants(roles=frozenset({ADMIN, CLERK})).merged(frozenset()) == {Permission.ADMIN_USAGE}

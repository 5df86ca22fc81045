"""Within a scope nothing counts that reaches beyond it, whatever a token claims."""

from __future__ import annotations

from scaicontrol_core.access import ROLE_PERMISSIONS, Permission, Role
from scaicontrol_core.access.ceiling import PERMISSION_CEILING, ROLE_CEILING
from scaicontrol_core.kernel.scope import ScopeKind


def test_every_scope_has_a_ceiling() -> None:
    assert set(PERMISSION_CEILING) == set(ROLE_CEILING) == set(ScopeKind)


def test_only_the_platform_has_room_for_a_super_admin() -> None:
    assert {kind for kind, roles in ROLE_CEILING.items() if Role.SUPER_ADMIN in roles} == {ScopeKind.PLATFORM}


def test_no_customer_and_no_service_administers_anything() -> None:
    for kind in (ScopeKind.TENANT, ScopeKind.SERVICE):
        assert not [each for each in PERMISSION_CEILING[kind] if each.startswith("admin:")]


def test_a_reseller_never_gets_at_platform_registry_or_provisioning() -> None:
    platforms = {Permission.ADMIN_PLATFORM, Permission.ADMIN_REGISTRY, Permission.ADMIN_PROVISIONING}
    assert not PERMISSION_CEILING[ScopeKind.PARTNER] & platforms


def test_a_role_fits_under_the_ceiling_it_may_stand_under() -> None:
    for kind, roles in ROLE_CEILING.items():
        for role in roles:
            assert ROLE_PERMISSIONS[role] <= PERMISSION_CEILING[kind]

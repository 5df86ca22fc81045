"""Who may do what: permissions, the bundles of the roles, and the rows within reach."""

from __future__ import annotations

import pytest

from scaicontrol_core.access import ROLE_PERMISSIONS, Actor, ActorKind, Permission, Role
from scaicontrol_core.access.role import effective_permissions
from scaicontrol_core.kernel.errors import ErrorKind, Forbidden
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import Scope, ScopeKind

PARTNER, TENANT = PartnerId("prt_1"), TenantId("tnt_1")


def test_permissions_are_stable_words() -> None:
    assert sorted(Permission) == sorted(
        "admin:billing admin:tenants admin:partners admin:subscriptions admin:users admin:groups admin:provisioning "
        "admin:registry admin:accounting admin:platform admin:usage billing:manage billing:read subscriptions:read "
        "services:read registry:manage scaicontrol:admin".split()
    )


def test_a_partner_administers_everything_but_the_platform() -> None:
    bundle = ROLE_PERMISSIONS[Role.PARTNER_ADMIN]
    assert all(permission.startswith("admin:") for permission in bundle)
    assert {Permission(f"admin:{word}") for word in ("platform", "registry", "provisioning")}.isdisjoint(bundle)
    assert Permission.ADMIN_BILLING in bundle


def test_a_tenants_administrator_pays_and_reads() -> None:
    assert ROLE_PERMISSIONS[Role.TENANT_ADMIN] == {
        Permission.BILLING_MANAGE,
        Permission.BILLING_READ,
        Permission.SUBSCRIPTIONS_READ,
        Permission.SERVICES_READ,
    }


def test_a_tenants_user_without_a_role_may_look_around() -> None:
    visitor = Actor.tenant_user("vera", TENANT, PARTNER)
    assert visitor.permissions == {Permission.SERVICES_READ, Permission.SUBSCRIPTIONS_READ}


def test_what_a_token_grants_adds_up_and_unknown_words_grant_nothing() -> None:
    merged = effective_permissions(["billing:read", "admin:everything"], ["tenant_admin", "emperor"])
    assert merged == ROLE_PERMISSIONS[Role.TENANT_ADMIN]
    assert effective_permissions([], []) == frozenset()


def test_a_refusal_names_what_was_missing() -> None:
    with pytest.raises(Forbidden) as refused:
        Actor.tenant_user("vera", TENANT, PARTNER).require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
    assert "admin:billing or billing:read" in refused.value.message
    assert refused.value.kind is ErrorKind.FORBIDDEN


def test_one_of_the_permissions_is_enough() -> None:
    Actor.tenant_user("tom", TENANT, PARTNER, Role.TENANT_ADMIN).require(
        Permission.ADMIN_BILLING, Permission.BILLING_READ
    )


@pytest.mark.parametrize("actor", [Actor.system("reaper"), Actor.operator("olga")])
def test_jobs_and_the_operator_may_do_everything_everywhere(actor: Actor) -> None:
    assert actor.is_super_admin
    assert all(actor.may(permission) for permission in Permission)
    actor.require_platform()
    assert actor.scope.kind is ScopeKind.PLATFORM


def test_the_log_can_tell_them_apart() -> None:
    assert (Actor.system("reaper").subject, Actor.system("reaper").kind) == ("system:reaper", ActorKind.JOB)
    assert (Actor.operator("olga").subject, Actor.operator("olga").kind) == ("cli:olga", ActorKind.OPERATOR)
    assert Actor.system("reaper").with_request("req-1").request_id == "req-1"


@pytest.mark.parametrize(
    "actor",
    [Actor.partner_admin("rita", PARTNER), Actor.tenant_user("tom", TENANT, PARTNER, Role.TENANT_ADMIN)],
)
def test_nobody_else_acts_for_the_platform(actor: Actor) -> None:
    with pytest.raises(Forbidden):
        actor.require_platform()


def test_nobody_in_particular_may_nothing_and_reaches_nothing() -> None:
    nobody = Actor.anonymous()
    assert not any(nobody.may(permission) for permission in Permission)
    assert not nobody.scope.covers(partner_id=PARTNER, tenant_id=TENANT)


def test_a_role_of_the_platform_does_not_widen_a_scope() -> None:
    grand = Actor.tenant_user("tom", TENANT, PARTNER, Role.SUPER_ADMIN)
    assert grand.may(Permission.ADMIN_PLATFORM)
    with pytest.raises(Forbidden):
        grand.require_platform()
    assert not grand.scope.covers(partner_id=PARTNER, tenant_id=TenantId("tnt_2"))


@pytest.mark.parametrize(
    ("scope", "own", "sibling", "foreign"),
    [
        (Scope.platform(), True, True, True),
        (Scope.partner(PARTNER), True, True, False),
        (Scope.tenant(TENANT, PARTNER), True, False, False),
        (Scope.service("scaikey"), False, False, False),
    ],
)
def test_what_a_scope_covers(scope: Scope, own: bool, sibling: bool, foreign: bool) -> None:  # noqa: FBT001
    assert scope.covers(partner_id=PARTNER, tenant_id=TENANT) is own
    assert scope.covers(partner_id=PARTNER, tenant_id="tnt_2") is sibling
    assert scope.covers(partner_id="prt_2", tenant_id="tnt_3") is foreign


@pytest.mark.parametrize("kind", [ScopeKind.PARTNER, ScopeKind.TENANT, ScopeKind.SERVICE])
def test_a_scope_without_its_id_is_none(kind: ScopeKind) -> None:
    with pytest.raises(ValueError, match="needs its id"):
        Scope(kind)

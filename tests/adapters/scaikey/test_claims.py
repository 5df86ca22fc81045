"""What claims make of somebody: the scope, the roles, the permissions, and never more than the scope allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_adapters.scaikey.claims import actor_of, claims_super_admin
from scaicontrol_core.access import Permission, Role
from scaicontrol_core.access.ceiling import PERMISSION_CEILING
from scaicontrol_core.kernel.errors import Unauthenticated
from scaicontrol_core.kernel.scope import ScopeKind

ANYONE = {"sub": "usr_1"}
OF_TENANT = {"tenant_id": "tnt_1", "partner_id": "prt_1"}


def scope_of(**claims: Any) -> ScopeKind:
    return actor_of(ANYONE | claims, within_reseller=False).scope.kind


def test_each_claim_leads_to_its_scope() -> None:
    assert scope_of(roles=["super_admin"]) is ScopeKind.PLATFORM
    assert scope_of(roles=["super_admin"], **OF_TENANT) is ScopeKind.PLATFORM
    assert scope_of(roles=["partner_admin"], partner_id="prt_1") is ScopeKind.PARTNER
    assert scope_of(roles=["partner_admin"], **OF_TENANT) is ScopeKind.PARTNER
    assert scope_of(roles=["tenant_admin"], **OF_TENANT) is ScopeKind.TENANT
    assert scope_of(**OF_TENANT) is ScopeKind.TENANT
    assert scope_of(tenant_id="tnt_1") is ScopeKind.TENANT
    assert scope_of(token_type="service", app_id="mail") is ScopeKind.SERVICE


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"roles": ["tenant_admin"]},
        {"roles": ["partner_admin"]},
        {"partner_id": "prt_1"},
        {"partner_id": "prt_1", "permissions": ["admin:billing"]},
        {"roles": ["root"]},
    ],
)
def test_a_token_of_nobody_we_serve(claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated) as caught:
        actor_of(ANYONE | claims, within_reseller=False)
    assert caught.value.code == "token_incomplete"


def test_a_service_needs_its_name() -> None:
    with pytest.raises(Unauthenticated):
        actor_of(ANYONE | {"token_type": "service"}, within_reseller=False)


def test_a_service_is_never_a_user() -> None:
    claims = {"token_type": "service", "app_id": "mail", "roles": ["super_admin"], "permissions": ["admin:billing"]}
    actor = actor_of(claims, within_reseller=False)
    assert actor.subject == "service:mail"
    assert not actor.is_super_admin
    assert not actor.permissions


def test_a_user_without_a_role_sees_services_and_subscriptions() -> None:
    actor = actor_of(ANYONE | OF_TENANT, within_reseller=False)
    assert actor.permissions == {Permission.SERVICES_READ, Permission.SUBSCRIPTIONS_READ}


def test_permissions_and_roles_add_up() -> None:
    actor = actor_of(ANYONE | OF_TENANT | {"permissions": ["billing:read", "brew:coffee"]}, within_reseller=False)
    assert Permission.BILLING_READ in actor.permissions
    assert Permission.BILLING_MANAGE not in actor.permissions


def test_a_customer_cannot_call_itself_an_administrator() -> None:
    claims = ANYONE | OF_TENANT | {"roles": ["super_admin", "tenant_admin"], "permissions": ["admin:billing"]}
    actor = actor_of(claims, within_reseller=True)
    assert actor.scope.kind is ScopeKind.TENANT
    assert not actor.is_super_admin
    assert not actor.may(Permission.ADMIN_BILLING)


def test_roles_of_groups_add_up_too() -> None:
    groups = [
        "readers",
        {"name": "payers", "roles": ["tenant_admin", {"name": "clerk", "permissions": ["billing:read"]}]},
    ]
    actor = actor_of(ANYONE | OF_TENANT | {"groups": groups}, within_reseller=False)
    assert actor.groups == {"readers", "payers"}
    assert actor.roles == {"tenant_admin"}
    assert Permission.BILLING_MANAGE in actor.permissions


def test_a_role_we_do_not_know_permits_what_comes_with_it_and_no_more_than_the_scope() -> None:
    clerk = {"name": "clerk", "permissions": ["billing:read", "admin:billing", "brew:coffee"]}
    actor = actor_of(ANYONE | OF_TENANT | {"roles": [clerk]}, within_reseller=False)
    assert actor.permissions == {Permission.BILLING_READ, Permission.SERVICES_READ, Permission.SUBSCRIPTIONS_READ}
    assert not actor.roles


def test_a_group_makes_nobody_more_than_a_role_would() -> None:
    boss = {"groups": [{"name": "bosses", "roles": ["super_admin"]}]}
    assert actor_of(ANYONE | OF_TENANT | boss, within_reseller=False).scope.kind is ScopeKind.PLATFORM
    assert actor_of(ANYONE | OF_TENANT | boss, within_reseller=True).scope.kind is ScopeKind.TENANT
    assert claims_super_admin(boss)
    assert not claims_super_admin(boss | {"token_type": "service"})


@given(
    roles=st.lists(st.sampled_from([*Role, "root"])),
    permissions=st.lists(st.sampled_from([*Permission, "brew:coffee"])),
    partner_id=st.sampled_from([None, "prt_1"]),
    tenant_id=st.sampled_from([None, "tnt_1"]),
    service=st.booleans(),
    within_reseller=st.booleans(),
    in_group=st.booleans(),
)
def test_no_claims_reach_beyond_the_ceiling_of_their_scope(
    *,
    roles: list[str],
    permissions: list[str],
    partner_id: str | None,
    tenant_id: str | None,
    service: bool,
    within_reseller: bool,
    in_group: bool,
) -> None:
    granted = {"groups": [{"name": "all", "roles": roles}]} if in_group else {"roles": roles}
    claims: dict[str, Any] = ANYONE | granted | {"permissions": permissions, "app_id": "mail"}
    claims |= {"partner_id": partner_id, "tenant_id": tenant_id} | ({"token_type": "service"} if service else {})
    try:
        actor = actor_of(claims, within_reseller=within_reseller)
    except Unauthenticated:
        return
    assert actor.permissions <= PERMISSION_CEILING[actor.scope.kind]
    assert actor.is_super_admin == (actor.scope.kind is ScopeKind.PLATFORM)
    if within_reseller:
        assert actor.scope.kind is not ScopeKind.PLATFORM

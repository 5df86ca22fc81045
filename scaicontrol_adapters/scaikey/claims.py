"""From a token's claims to an actor: pure, and never more than the token's level of tenancy allows.

======================  =========================================================================
scope                   who
======================  =========================================================================
service                 ``token_type: "service"``, with an ``app_id``
platform                ``super_admin``, unless the token's tenancy lies within a reseller
partner                 ``partner_admin``, with a ``partner_id``
tenant                  whoever else names a ``tenant_id``
======================  =========================================================================

A reseller's administrator may be free to make roles in the identity provider. So
``super_admin`` from within a reseller, or from one of its customers, is worth nothing.

What was given to a user here (``Standing``) is added before, as far as the token's tenancy is the
user's own: whoever works for a partner and was given any role here has the partner's scope.

Roles are names, or objects with a ``name`` and the ``permissions`` that go with it; groups are
names, or objects with a ``name`` and ``roles``. Whoever is in a group has its roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.access.actor import Actor, ActorKind
from scaicontrol_core.access.ceiling import PERMISSION_CEILING, ROLE_CEILING
from scaicontrol_core.access.grants import GrantedGroup, GrantedRole, Grants
from scaicontrol_core.access.role import TENANT_USER_PERMISSIONS, Role
from scaicontrol_core.kernel.errors import Unauthenticated
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import Scope, ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.identity.standing import Standing

MAX_SUBJECT = 100
_MAX_ID = 36
_SERVICE = "service"


def is_service(claims: Mapping[str, Any]) -> bool:
    """Tell whether the token is a service's own."""
    return bool(claims.get("token_type") == _SERVICE)


def claims_super_admin(claims: Mapping[str, Any]) -> bool:
    """Tell whether the token says ``super_admin``, true or not."""
    return not is_service(claims) and Role.SUPER_ADMIN.value in grants_of(claims).role_names


def grants_of(claims: Mapping[str, Any]) -> Grants:
    """Return what claims grant; ``Unauthenticated`` (``token_invalid``) for claims of the wrong type."""
    groups = frozenset(_group(each) for each in _listed(claims, "groups"))
    return Grants(_names(claims, "permissions"), _roles(claims, "roles"), groups)


def tenancy_of(claims: Mapping[str, Any]) -> tuple[PartnerId | None, TenantId | None]:
    """Return the partner and the tenant that a token names; ``Unauthenticated`` for a claim that cannot be used."""
    # A claim that is there and empty is refused, not skipped: skipping one would widen the scope.
    partner_id = None if claims.get("partner_id") is None else PartnerId(_text(claims, "partner_id"))
    tenant_id = None if claims.get("tenant_id") is None else TenantId(_text(claims, "tenant_id"))
    return partner_id, tenant_id


def fitting(claims: Mapping[str, Any], standing: Standing | None) -> Standing | None:
    """Return the standing if it counts for a token: its bearer is in, where they belong."""
    if standing is None or not standing.is_active or is_service(claims):
        return None
    return standing if standing.fits(*tenancy_of(claims)) else None


def actor_of(claims: Mapping[str, Any], *, within_reseller: bool, standing: Standing | None = None) -> Actor:
    """Return the actor that verified claims stand for.

    ``within_reseller`` tells whether a reseller owns the tenancy that the token names; ``standing`` is
    one that ``fitting`` lets count. Raises
    ``Unauthenticated``: ``token_invalid`` for claims of the wrong type, ``token_incomplete`` for
    a token that belongs to nobody we serve.
    """
    if is_service(claims):
        app_id = _text(claims, "app_id")
        scope = Scope.service(app_id)
        return _actor(ActorKind.SERVICE, grants_of(claims), scope, f"service:{app_id}", None)
    grants = grants_of(claims)
    merged = grants if standing is None else grants.with_others(standing.grants)
    scope = _user_scope(claims, merged, standing, within_reseller=within_reseller)
    return _actor(ActorKind.USER, merged, scope, _text(claims, "sub", MAX_SUBJECT), standing)


def _user_scope(
    claims: Mapping[str, Any], grants: Grants, standing: Standing | None, *, within_reseller: bool
) -> Scope:
    partner_id, tenant_id = tenancy_of(claims)
    roles = grants.role_names
    if Role.SUPER_ADMIN.value in roles and not within_reseller:
        return Scope.platform()
    if standing is not None and standing.is_staff:
        return Scope.partner(standing.partner_id)
    if partner_id and Role.PARTNER_ADMIN.value in roles:
        return Scope.partner(partner_id)
    if tenant_id:
        return Scope.tenant(tenant_id, partner_id)
    raise Unauthenticated(
        "This token names no tenant, and no partner that it administers.",
        code="token_incomplete",
        hint="Ask an administrator to make the account a member of a tenant.",
    )


def _actor(kind: ActorKind, grants: Grants, scope: Scope, subject: str, standing: Standing | None) -> Actor:
    roles = grants.role_names & {role.value for role in ROLE_CEILING[scope.kind]}
    granted = grants.merged(roles) & PERMISSION_CEILING[scope.kind]
    own = TENANT_USER_PERMISSIONS if scope.kind is ScopeKind.TENANT else frozenset()
    groups = grants.group_names if kind is ActorKind.USER else frozenset()
    return Actor(kind, subject, scope, granted | own, frozenset(roles) | _own_making(standing), groups)


def _own_making(standing: Standing | None) -> frozenset[str]:
    """Return the names of the roles of a partner's own making: they tell who somebody is, and permit nothing more."""
    names = frozenset[str]() if standing is None else standing.grants.role_names
    return names - {role.value for role in Role}


def _text(claims: Mapping[str, Any], name: str, longest: int = _MAX_ID) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise Unauthenticated(f"The token's claim {name} cannot be used.", code="token_invalid")
    return value


def _group(claimed: object) -> GrantedGroup:
    if isinstance(claimed, dict):
        return GrantedGroup(_name(claimed.get("name"), "groups"), _roles(claimed, "roles"))
    return GrantedGroup(_name(claimed, "groups"))


def _roles(claims: Mapping[str, Any], name: str) -> frozenset[GrantedRole]:
    return frozenset(_role(each, name) for each in _listed(claims, name))


def _role(claimed: object, name: str) -> GrantedRole:
    if isinstance(claimed, dict):
        return GrantedRole(_name(claimed.get("name"), name), _names(claimed, "permissions"))
    return GrantedRole(_name(claimed, name))


def _names(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset(_name(each, name) for each in _listed(claims, name))


def _name(value: object, claim: str) -> str:
    if not isinstance(value, str):
        raise Unauthenticated(f"The token's claim {claim} is not a list of names.", code="token_invalid")
    return value


def _listed(claims: Mapping[str, Any], name: str) -> Sequence[object]:
    value = claims.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Unauthenticated(f"The token's claim {name} is no list.", code="token_invalid")
    return value

"""Standing: what we know of the bearer of a token, and what they have been given here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from scaicontrol_core.access.grants import GrantedGroup, GrantedRole, Grants
from scaicontrol_core.identity.granting import capped, level_of
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.role import RoleBundle
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import ScopeKind


@frozen(kw_only=True)
class Standing:
    """A known user's. ``grants`` are local alone, within the ceiling of what the user belongs to."""

    is_active: bool
    partner_id: PartnerId
    tenant_id: TenantId | None
    of_operator: bool
    grants: Grants

    @property
    def is_staff(self) -> bool:
        """Tell whether the user works for the partner itself, and was given something to do there."""
        return self.tenant_id is None and bool(self.grants.role_names)

    def fits(self, partner_id: PartnerId | None, tenant_id: TenantId | None) -> bool:
        """Tell whether a token that names this tenancy is the user's where the grants were made.

        The operator's own people may have tokens that name no partner; a customer's token, none but the tenant.
        """
        nameless = self.of_operator or self.tenant_id is not None
        return tenant_id == self.tenant_id and (partner_id == self.partner_id or (partner_id is None and nameless))


def standing_of(user: User, groups: Iterable[Group], known: Mapping[str, RoleBundle], *, of_operator: bool) -> Standing:
    """Return the standing of a user who is in these groups, at a partner where roles stand for this."""
    level = level_of(user.tenant_id, of_operator=of_operator)
    granted = frozenset(
        GrantedGroup(group.name, _granted(group.counting_roles, known, level))
        for group in groups
        if group.is_active and group.takes(user)
    )
    return Standing(
        is_active=user.is_active,
        partner_id=user.partner_id,
        tenant_id=user.tenant_id,
        of_operator=of_operator,
        grants=Grants(roles=_granted(user.counting_roles, known, level), groups=granted),
    )


def _granted(names: Iterable[str], known: Mapping[str, RoleBundle], level: ScopeKind) -> frozenset[GrantedRole]:
    left = (capped(known[name], level) for name in names if name in known)
    return frozenset(
        # What a role of ours permits is known by its name.
        GrantedRole(each.name, frozenset() if each.builtin else frozenset(each.permissions))
        for each in left
        if each is not None
    )

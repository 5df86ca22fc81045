"""What several use cases of administration need: the level of a thing, and what role names stand for there."""

from __future__ import annotations

from collections.abc import Iterable

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.identity.granting import level_of, require_grant, require_hand_on
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import RoleBundle, bundles
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import ScopeKind


async def level_within(work: IdentityWork, partner_id: PartnerId, tenant_id: TenantId | None) -> ScopeKind:
    """Return the level of what belongs to a tenant, or to a partner itself."""
    return level_of(tenant_id, of_operator=(await work.partners.get(partner_id)).is_operator)


async def bundles_of(work: IdentityWork, partner_id: PartnerId) -> dict[str, RoleBundle]:
    """Return what every role name stands for at a partner."""
    return bundles(await work.custom_roles.of_partner(partner_id))


async def require_roles(actor: Actor, work: IdentityWork, holder: User | Group, names: Iterable[str]) -> None:
    """Raise unless the actor may let the holder have exactly these local roles; see ``granting``."""
    known = await bundles_of(work, holder.partner_id)
    level = await level_within(work, holder.partner_id, holder.tenant_id)
    require_grant(actor, known, level, before=holder.counting_roles, after=names)


async def require_membership(actor: Actor, work: IdentityWork, group: Group) -> None:
    """Raise ``RoleBeyondOwn`` unless the actor may let people into a group, or out: its roles come along."""
    known = await bundles_of(work, group.partner_id)
    for name in sorted(group.counting_roles & known.keys()):
        require_hand_on(actor, known[name])

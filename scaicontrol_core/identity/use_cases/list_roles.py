"""Browse the roles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.ports import ROLES, IdentityWork
from scaicontrol_core.identity.role import BUILTIN_ROLES, CustomRole
from scaicontrol_core.kernel.ids import PartnerId, RoleId
from scaicontrol_core.kernel.paging import Page, PageRequest, SortKey, paged, sortable
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen(kw_only=True)
class RoleEntry:
    """A role by its name. One of ours has no id, belongs to everybody and never changes."""

    id: RoleId | None = None
    partner_id: PartnerId | None = None
    name: str
    description: str = ""
    permissions: tuple[Permission, ...]
    created_at: datetime | None = None
    version: int | None = None

    @classmethod
    def of(cls, role: CustomRole) -> RoleEntry:
        """Show a role of a partner's own making."""
        names = [each.name for each in cls.__attrs_attrs__]
        return cls(**{name: getattr(role, name) for name in names})


_SORTS: Mapping[str, SortKey[RoleEntry]] = {
    "name": lambda role: (role.name, role.id or ""),
    "created_at": lambda role: ("" if role.created_at is None else sortable(role.created_at), role.id or role.name),
}
_OURS = tuple(RoleEntry(name=each.name, permissions=tuple(sorted(each.permissions))) for each in BUILTIN_ROLES)


@frozen
class ListRoles:
    """Return a page of the three roles that are ours, and of the partners' own within scope: there are few."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, partner_id: PartnerId | None = None
    ) -> Page[RoleEntry]:
        """Return the page; of a partner's own roles those of one partner, if it is named."""
        actor.require(Permission.ADMIN_USERS, Permission.ADMIN_GROUPS)
        async with self.work.begin(actor, read_only=True) as work:
            own = await work.custom_roles.everyones()
        found = [RoleEntry.of(role) for role in own if partner_id in (None, role.partner_id)]
        return paged([*_OURS, *found], request, ROLES, _SORTS, {"partner_id": partner_id})

"""Bodies and answers of users, groups and roles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.assignment import RoleAssignment
from scaicontrol_core.identity.group import Group, GroupName
from scaicontrol_core.identity.role import CustomRole, NewRole, RoleContent
from scaicontrol_core.identity.use_cases.create_group import NewGroup
from scaicontrol_core.identity.use_cases.get_user import UserInGroups
from scaicontrol_core.identity.use_cases.list_roles import RoleEntry
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_http.requests import Answer, Body


class AssignedRoleAnswer(Answer):
    """A local role. It ``counts`` unless its holder belongs to another tenant than when it was given."""

    role: str
    granted_by: str
    granted_at: datetime
    tenant_id: str | None
    counts: bool

    @classmethod
    def each(cls, assigned: Iterable[RoleAssignment], tenant_id: TenantId | None) -> list[AssignedRoleAnswer]:
        """Show the roles of a holder who belongs to that tenant."""
        return [
            cls(
                role=each.role,
                granted_by=each.granted_by,
                granted_at=each.granted_at,
                tenant_id=each.tenant_id,
                counts=each.tenant_id == tenant_id,
            )
            for each in assigned
        ]


class UserAnswer(Answer):
    """A user. ``directory_roles`` are the directory's and count through tokens; ``roles`` were given here."""

    id: str
    external_id: str
    partner_id: str
    tenant_id: str | None
    name: str
    email: str | None
    status: str
    directory_roles: list[str]
    roles: list[AssignedRoleAnswer]
    created_at: datetime
    deactivated_at: datetime | None
    version: int

    @classmethod
    def of(cls, user: User) -> UserAnswer:
        """Show a user."""
        return cls(
            id=user.id,
            external_id=user.external_id,
            partner_id=user.partner_id,
            tenant_id=user.tenant_id,
            name=user.name,
            email=user.email,
            status=user.status.value,
            directory_roles=list(user.directory_roles),
            roles=AssignedRoleAnswer.each(user.roles, user.tenant_id),
            created_at=user.created_at,
            deactivated_at=user.deactivated_at,
            version=user.version,
        )


class GroupAnswer(Answer):
    """A group. One that ``is_synced`` is the directory's: only its ``roles`` were given here."""

    id: str
    external_id: str | None
    partner_id: str
    tenant_id: str | None
    name: str
    description: str
    status: str
    is_synced: bool
    directory_roles: list[str]
    roles: list[AssignedRoleAnswer]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, group: Group) -> GroupAnswer:
        """Show a group."""
        return cls(
            id=group.id,
            external_id=group.external_id,
            partner_id=group.partner_id,
            tenant_id=group.tenant_id,
            name=group.name,
            description=group.description,
            status=group.status.value,
            is_synced=group.is_synced,
            directory_roles=list(group.directory_roles),
            roles=AssignedRoleAnswer.each(group.roles, group.tenant_id),
            created_at=group.created_at,
            version=group.version,
        )


class OneUserAnswer(Answer):
    """A user with their groups; ``local_permissions`` is what all local roles come to, tokens apart."""

    user: UserAnswer
    groups: list[GroupAnswer]
    local_permissions: list[str]

    @classmethod
    def of(cls, found: UserInGroups) -> OneUserAnswer:
        """Show them."""
        return cls(
            user=UserAnswer.of(found.user),
            groups=[GroupAnswer.of(group) for group in found.groups],
            local_permissions=[each.value for each in found.local_permissions],
        )


class RolesBody(Body):
    """The local roles to have, all of them, by name; what is not among them is taken."""

    roles: list[str]


class GroupNameBody(Body):
    """What a group is called, and what it is for."""

    name: str
    description: str = ""

    def named(self) -> GroupName:
        """Return the core's value."""
        return GroupName(name=self.name, description=self.description)


class NewGroupBody(GroupNameBody):
    """A local group to make: of a tenant, of a partner, or else of the caller's own partner or the operator."""

    partner_id: str | None = None
    tenant_id: str | None = None

    def wanted(self) -> NewGroup:
        """Return the core's value."""
        return NewGroup(
            name=self.named(),
            partner_id=PartnerId(self.partner_id) if self.partner_id else None,
            tenant_id=TenantId(self.tenant_id) if self.tenant_id else None,
        )


class RoleAnswer(Answer):
    """A role. One of the three that ``is_builtin`` has no id, belongs to everybody and never changes."""

    id: str | None
    partner_id: str | None
    name: str
    description: str
    permissions: list[str]
    is_builtin: bool
    created_at: datetime | None
    version: int | None

    @classmethod
    def of(cls, role: RoleEntry) -> RoleAnswer:
        """Show a role."""
        return cls(
            id=role.id,
            partner_id=role.partner_id,
            name=role.name,
            description=role.description,
            permissions=[each.value for each in role.permissions],
            is_builtin=role.id is None,
            created_at=role.created_at,
            version=role.version,
        )

    @classmethod
    def own(cls, role: CustomRole) -> RoleAnswer:
        """Show a role of a partner's own making."""
        return cls.of(RoleEntry.of(role))


class RoleBody(Body):
    """What a role permits, and what it is for."""

    permissions: list[str]
    description: str = ""

    def content(self) -> RoleContent:
        """Return the core's value; ``Invalid`` names what is no permission."""
        permissions: list[Permission] = self.permissions  # type: ignore[assignment]  # the core reads and refuses
        return RoleContent(permissions=tuple(permissions), description=self.description)


class NewRoleBody(RoleBody):
    """A role to make; ``partner_id`` absent means the caller's own partner, or the operator."""

    name: str
    partner_id: str | None = None

    def wanted(self) -> NewRole:
        """Return the core's value."""
        partner_id = PartnerId(self.partner_id) if self.partner_id else None
        return NewRole(name=self.name, content=self.content(), partner_id=partner_id)

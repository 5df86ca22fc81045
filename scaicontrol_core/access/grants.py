"""What an identity provider grants somebody: permissions of their own, roles, and the roles of their groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.role import effective_permissions

if TYPE_CHECKING:
    from scaicontrol_core.access.permission import Permission


@frozen
class GrantedRole:
    """A role by name, and what the provider says that it permits; roles we know permit their bundle besides."""

    name: str
    permissions: frozenset[str] = frozenset()


@frozen
class GrantedGroup:
    """A group somebody is a member of, and the roles that come with it."""

    name: str
    roles: frozenset[GrantedRole] = frozenset()


@frozen
class Grants:
    """Everything granted to one subject, as yet without regard to how far its scope lets it count."""

    permissions: frozenset[str] = frozenset()
    roles: frozenset[GrantedRole] = frozenset()
    groups: frozenset[GrantedGroup] = frozenset()

    @property
    def all_roles(self) -> frozenset[GrantedRole]:
        """The subject's own roles and those of its groups."""
        return self.roles.union(*(group.roles for group in self.groups))

    @property
    def role_names(self) -> frozenset[str]:
        """The names of all roles."""
        return frozenset(role.name for role in self.all_roles)

    @property
    def group_names(self) -> frozenset[str]:
        """The names of the groups."""
        return frozenset(group.name for group in self.groups)

    def with_others(self, others: Grants) -> Grants:
        """Return both together."""
        return Grants(self.permissions | others.permissions, self.roles | others.roles, self.groups | others.groups)

    def merged(self, counting: frozenset[str]) -> frozenset[Permission]:
        """Return the subject's own permissions, what its roles list, and the bundles of the roles in ``counting``."""
        listed = self.permissions.union(*(role.permissions for role in self.all_roles))
        return effective_permissions(listed, self.role_names & counting)

"""What identity needs of the outside: the directory, and its collections.

A platform sees all users, groups and roles, a partner its own, tenants and services none. A
row out of scope is not there (``NotFound``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from attrs import frozen

from scaicontrol_core.identity.group import Group, Membership
from scaicontrol_core.identity.lifecycle import GroupStatus, UserStatus
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.identity.run import DirectoryRun
from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryPage, DirectoryUser
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import GroupId, PartnerId, RoleId, TenantId, UserId
from scaicontrol_core.kernel.paging import Page, PageRequest, Sorting
from scaicontrol_core.tenancy.ports import TenancyWork

USERS = Sorting("users", ("created_at", "name"), "created_at")
GROUPS = Sorting("groups", ("created_at", "name"), "created_at")
ROLES = Sorting("roles", ("name", "created_at"), "name")


class Directory(Protocol):
    """The directory of users, page by page, each in the order of its ids.

    Every method raises ``DirectoryAway``, ``DirectoryRefuses``, ``DirectoryIncoherent``,
    ``DirectoryCursorLost``, ``DirectoryNotConfigured``. Read from the start to a page without
    ``next_cursor``, whatever was there all the time was on some page.
    """

    async def users(self, cursor: str | None) -> DirectoryPage[DirectoryUser]:
        """Return the users behind a cursor."""
        ...

    async def groups(self, cursor: str | None) -> DirectoryPage[DirectoryGroup]:
        """Return the groups behind a cursor."""
        ...

    async def memberships(self, cursor: str | None) -> DirectoryPage[DirectoryMembership]:
        """Return the memberships behind a cursor."""
        ...


@frozen(kw_only=True)
class UserFilter:
    """Which users; None lets all pass. ``search`` looks in name, e-mail and external id; ``role`` is a local one."""

    partner_id: PartnerId | None = None
    tenant_id: TenantId | None = None
    group_id: GroupId | None = None
    status: UserStatus | None = None
    role: str | None = None
    search: str | None = None


class Users(Protocol):
    """All users within scope."""

    async def get(self, user_id: UserId) -> User:
        """Return one, or raise ``NotFound`` (``user_not_found``)."""
        ...

    async def add_each(self, users: Sequence[User]) -> None:
        """Store new ones."""
        ...

    async def save(self, user: User) -> None:
        """Store a changed one; raises ``Stale``."""
        ...

    async def save_each(self, users: Sequence[User]) -> None:
        """Store changed ones; raises ``Stale`` if any was changed by others."""
        ...

    async def with_external_ids(self, external_ids: Collection[str]) -> Sequence[User]:
        """Return all that have one of these ids, at whichever partner."""
        ...

    async def list(self, request: PageRequest, criteria: UserFilter) -> Page[User]:
        """Return a page of those the filter lets pass."""
        ...

    async def mark_seen(self, user_ids: Collection[UserId], run_id: str) -> None:
        """Note that a reading has seen them."""
        ...

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[User]:
        """Return active ones that a reading has not seen, by id."""
        ...

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many active ones a reading has not seen, and how many active ones there are."""
        ...


@frozen(kw_only=True)
class GroupFilter:
    """Which groups; None lets all pass. ``search`` looks in the name; ``role`` is a local one."""

    partner_id: PartnerId | None = None
    tenant_id: TenantId | None = None
    status: GroupStatus | None = None
    is_synced: bool | None = None
    role: str | None = None
    search: str | None = None


class Groups(Protocol):
    """All groups within scope."""

    async def get(self, group_id: GroupId) -> Group:
        """Return one, or raise ``NotFound`` (``group_not_found``)."""
        ...

    async def add(self, group: Group) -> None:
        """Store a new one."""
        ...

    async def add_each(self, groups: Sequence[Group]) -> None:
        """Store new ones."""
        ...

    async def save(self, group: Group) -> None:
        """Store a changed one; raises ``Stale``."""
        ...

    async def save_each(self, groups: Sequence[Group]) -> None:
        """Store changed ones; raises ``Stale`` if any was changed by others."""
        ...

    async def get_many(self, group_ids: Collection[GroupId]) -> Sequence[Group]:
        """Return those of the ids that exist."""
        ...

    async def with_external_ids(self, external_ids: Collection[str]) -> Sequence[Group]:
        """Return all that have one of these ids, at whichever partner."""
        ...

    async def of_user(self, user_id: UserId) -> Sequence[Group]:
        """Return those that somebody is a member of and that count, by id."""
        ...

    async def list(self, request: PageRequest, criteria: GroupFilter) -> Page[Group]:
        """Return a page of those the filter lets pass."""
        ...

    async def mark_seen(self, group_ids: Collection[GroupId], run_id: str) -> None:
        """Note that a reading has seen them."""
        ...

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[Group]:
        """Return the directory's that count and that a reading has not seen, by id."""
        ...

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many of the directory's a reading has not seen, and how many there are that count."""
        ...


class Members(Protocol):
    """Who is in which group."""

    async def among(self, keys: Collection[tuple[GroupId, UserId]]) -> Sequence[Membership]:
        """Return those that are there."""
        ...

    async def add_each(self, memberships: Sequence[Membership]) -> None:
        """Store new ones; one that is there already stays as it is."""
        ...

    async def remove_each(self, keys: Collection[tuple[GroupId, UserId]]) -> None:
        """Take them away; those that are not there do no harm."""
        ...

    async def mark_seen(self, keys: Collection[tuple[GroupId, UserId]], run_id: str) -> None:
        """Note that a reading has seen them."""
        ...

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[Membership]:
        """Return the directory's that a reading has not seen, by group and user."""
        ...

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many of the directory's a reading has not seen, and how many there are."""
        ...


class CustomRoles(Protocol):
    """The roles of partners' own making within scope."""

    async def get(self, role_id: RoleId) -> CustomRole:
        """Return one, or raise ``NotFound`` (``role_not_found``)."""
        ...

    async def of_partner(self, partner_id: PartnerId) -> Sequence[CustomRole]:
        """Return a partner's that are not deleted, by name."""
        ...

    async def everyones(self) -> Sequence[CustomRole]:
        """Return all within scope that are not deleted, by name."""
        ...

    async def add(self, role: CustomRole) -> None:
        """Store a new one; raises ``RoleNameTaken``."""
        ...

    async def save(self, role: CustomRole) -> None:
        """Store a changed one; raises ``Stale``."""
        ...


class DirectoryRuns(Protocol):
    """The readings of the directory: the platform's own business."""

    async def open(self) -> DirectoryRun | None:
        """Return the one that has not got to its end; there is never a second."""
        ...

    async def get(self, run_id: str) -> DirectoryRun:
        """Return one, or raise ``NotFound``."""
        ...

    async def add(self, run: DirectoryRun) -> None:
        """Store a new one; raises ``Retryable`` if somebody else began one meanwhile."""
        ...

    async def save(self, run: DirectoryRun) -> None:
        """Store a changed one; raises ``Stale``."""
        ...


class IdentityWork(TenancyWork, Protocol):
    """A unit of work over users, groups and roles."""

    @property
    def users(self) -> Users:
        """The users."""
        ...

    @property
    def groups(self) -> Groups:
        """The groups."""
        ...

    @property
    def members(self) -> Members:
        """Who is in which group."""
        ...

    @property
    def custom_roles(self) -> CustomRoles:
        """The roles of partners' own making."""
        ...

    @property
    def directory_runs(self) -> DirectoryRuns:
        """The readings of the directory."""
        ...

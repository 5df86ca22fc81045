"""Users, groups, memberships, roles and readings of the directory in memory."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import ClassVar, TypeVar, cast

from attrs import frozen

from scaicontrol_core.identity.errors import RoleNameTaken
from scaicontrol_core.identity.group import Group, Membership
from scaicontrol_core.identity.ports import GROUPS, USERS, GroupFilter, UserFilter
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.identity.run import DirectoryRun
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import GroupId, PartnerId, UserId
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import Scope, ScopeKind
from scaicontrol_core.testing.memory_paging import SortKey, paged, sortable
from scaicontrol_core.testing.memory_store import MemoryCollection, Transaction, UniqueKey

Each = TypeVar("Each", User, Group)
_SEEN = "seen_by_directory_runs"
_MEMBERS = "group_members"
_USERS, _GROUPS = "users", "user_groups"


@frozen
class _Mark:
    """The reading that saw something last."""

    run_id: str


class _Seen:
    """Who was seen by which reading last."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def mark(self, keys: Iterable[Hashable], run_id: str) -> None:
        """Note it."""
        for key in keys:
            self._transaction.write(_SEEN, key, _Mark(run_id))

    def has(self, key: Hashable, run_id: str) -> bool:
        """Tell it."""
        mark = self._transaction.row(_SEEN, key)
        return mark is not None and cast("_Mark", mark).run_id == run_id


class MemoryUsers(MemoryCollection[User]):
    """A partner sees its own; tenants see none."""

    table = _USERS
    what = "user"
    _SORTS: ClassVar[Mapping[str, SortKey[User]]] = {
        "created_at": lambda user: (sortable(user.created_at), user.id),
        "name": lambda user: (user.name, user.id),
    }

    async def add_each(self, users: Sequence[User]) -> None:
        """Store new ones."""
        for user in users:
            await self.add(user)

    async def save_each(self, users: Sequence[User]) -> None:
        """Store changed ones."""
        for user in users:
            await self.save(user)

    async def with_external_ids(self, external_ids: Collection[str]) -> Sequence[User]:
        """Return all that have one of these ids."""
        return _by_id(user for user in self._visible() if user.external_id in external_ids)

    async def list(self, request: PageRequest, criteria: UserFilter) -> Page[User]:
        """Return a page of those the filter lets pass."""
        members = self._transaction.rows(_MEMBERS)
        inside = {each.user_id for each in members if each.group_id == criteria.group_id}
        found = [
            user
            for user in self._visible()
            if criteria.partner_id in (None, user.partner_id)
            and criteria.tenant_id in (None, user.tenant_id)
            and criteria.status in (None, user.status)
            and (criteria.role is None or any(each.role == criteria.role for each in user.roles))
            and (criteria.group_id is None or user.id in inside)
            and _mentions(criteria.search, user.name, user.email, user.external_id)
        ]
        return paged(found, request, USERS, self._SORTS, criteria)

    async def mark_seen(self, user_ids: Collection[UserId], run_id: str) -> None:
        """Note that a reading has seen them."""
        _Seen(self._transaction).mark(user_ids, run_id)

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[User]:
        """Return active ones that a reading has not seen."""
        seen = _Seen(self._transaction)
        return _by_id(user for user in self._visible() if user.is_active and not seen.has(user.id, run_id))[:limit]

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many active ones a reading has not seen, and how many there are."""
        active = [user for user in self._visible() if user.is_active]
        return len(await self.unseen(run_id, limit=len(active))), len(active)

    def _reaches(self, scope: Scope, row: User) -> bool:
        return _is_partners(scope, row.partner_id)

    def _unique_keys(self, row: User) -> Iterable[UniqueKey]:
        yield (row.external_id, row.partner_id), lambda: Retryable("Somebody else took this user over meanwhile.")


class MemoryGroups(MemoryCollection[Group]):
    """A partner sees its own; tenants see none."""

    table = _GROUPS
    what = "group"
    _SORTS: ClassVar[Mapping[str, SortKey[Group]]] = {
        "created_at": lambda group: (sortable(group.created_at), group.id),
        "name": lambda group: (group.name, group.id),
    }

    async def add_each(self, groups: Sequence[Group]) -> None:
        """Store new ones."""
        for group in groups:
            await self.add(group)

    async def save_each(self, groups: Sequence[Group]) -> None:
        """Store changed ones."""
        for group in groups:
            await self.save(group)

    async def get_many(self, group_ids: Collection[GroupId]) -> Sequence[Group]:
        """Return those of the ids that exist."""
        return _by_id(group for group in self._visible() if group.id in group_ids)

    async def with_external_ids(self, external_ids: Collection[str]) -> Sequence[Group]:
        """Return all that have one of these ids."""
        return _by_id(group for group in self._visible() if group.external_id in external_ids)

    async def of_user(self, user_id: UserId) -> Sequence[Group]:
        """Return those that somebody is in and that count."""
        own = {each.group_id for each in self._transaction.rows(_MEMBERS) if each.user_id == user_id}
        return _by_id(group for group in self._visible() if group.id in own and group.is_active)

    async def list(self, request: PageRequest, criteria: GroupFilter) -> Page[Group]:
        """Return a page of those the filter lets pass."""
        found = [
            group
            for group in self._visible()
            if criteria.partner_id in (None, group.partner_id)
            and criteria.tenant_id in (None, group.tenant_id)
            and criteria.status in (None, group.status)
            and criteria.is_synced in (None, group.is_synced)
            and (criteria.role is None or any(each.role == criteria.role for each in group.roles))
            and _mentions(criteria.search, group.name)
        ]
        return paged(found, request, GROUPS, self._SORTS, criteria)

    async def mark_seen(self, group_ids: Collection[GroupId], run_id: str) -> None:
        """Note that a reading has seen them."""
        _Seen(self._transaction).mark(group_ids, run_id)

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[Group]:
        """Return the directory's that a reading has not seen."""
        seen = _Seen(self._transaction)
        return _by_id(group for group in self._synced() if not seen.has(group.id, run_id))[:limit]

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many of the directory's a reading has not seen, and how many there are."""
        synced = self._synced()
        return len(await self.unseen(run_id, limit=len(synced))), len(synced)

    def _synced(self) -> Sequence[Group]:
        return [group for group in self._visible() if group.is_active and group.is_synced]

    def _reaches(self, scope: Scope, row: Group) -> bool:
        return _is_partners(scope, row.partner_id)

    def _unique_keys(self, row: Group) -> Iterable[UniqueKey]:
        if row.external_id is not None:
            yield (row.external_id, row.partner_id), lambda: Retryable("Somebody else took this group over meanwhile.")


class MemoryMembers:
    """Who is in which group."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def among(self, keys: Collection[tuple[GroupId, UserId]]) -> Sequence[Membership]:
        """Return those that are there."""
        return [each for each in self._visible() if (each.group_id, each.user_id) in keys]

    async def add_each(self, memberships: Sequence[Membership]) -> None:
        """Store new ones."""
        for each in memberships:
            self._transaction.require_reach("membership", partner_id=each.partner_id, tenant_id=None)
            if not await self.among([(each.group_id, each.user_id)]):
                self._transaction.write(_MEMBERS, (each.group_id, each.user_id), each)

    async def remove_each(self, keys: Collection[tuple[GroupId, UserId]]) -> None:
        """Take them away."""
        for each in await self.among(keys):
            self._transaction.write(_MEMBERS, (each.group_id, each.user_id), None)

    async def mark_seen(self, keys: Collection[tuple[GroupId, UserId]], run_id: str) -> None:
        """Note that a reading has seen them."""
        _Seen(self._transaction).mark(keys, run_id)

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[Membership]:
        """Return the directory's that a reading has not seen."""
        seen = _Seen(self._transaction)
        found = (each for each in self._synced() if not seen.has((each.group_id, each.user_id), run_id))
        return sorted(found, key=lambda each: (each.group_id, each.user_id))[:limit]

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many of the directory's a reading has not seen, and how many there are."""
        synced = self._synced()
        return len(await self.unseen(run_id, limit=len(synced))), len(synced)

    def _synced(self) -> Sequence[Membership]:
        return [each for each in self._visible() if each.is_synced]

    def _visible(self) -> Sequence[Membership]:
        scope, rows = self._transaction.scope, self._transaction.rows(_MEMBERS)
        return [each for each in rows if scope.kind is ScopeKind.PLATFORM or _is_partners(scope, each.partner_id)]


class MemoryCustomRoles(MemoryCollection[CustomRole]):
    """A partner sees its own; tenants see none."""

    table = "custom_roles"
    what = "role"

    async def of_partner(self, partner_id: PartnerId) -> Sequence[CustomRole]:
        """Return a partner's, by name."""
        return sorted((role for role in self._live() if role.partner_id == partner_id), key=lambda role: role.name)

    async def everyones(self) -> Sequence[CustomRole]:
        """Return all within scope, by name."""
        return sorted(self._live(), key=lambda role: (role.name, role.id))

    def _live(self) -> Iterable[CustomRole]:
        return (role for role in self._visible() if not role.is_deleted)

    def _reaches(self, scope: Scope, row: CustomRole) -> bool:
        return _is_partners(scope, row.partner_id)

    def _unique_keys(self, row: CustomRole) -> Iterable[UniqueKey]:
        if not row.is_deleted:
            yield (row.partner_id, row.name), lambda: RoleNameTaken(row.name)


class MemoryDirectoryRuns(MemoryCollection[DirectoryRun]):
    """The platform alone sees them."""

    table = "directory_runs"
    what = "directory run"

    async def open(self) -> DirectoryRun | None:
        """Return the one that has not got to its end."""
        return next((run for run in self._visible() if run.finished_at is None), None)

    def _reaches(self, scope: Scope, row: DirectoryRun) -> bool:
        del scope, row
        return False

    def _unique_keys(self, row: DirectoryRun) -> Iterable[UniqueKey]:
        if row.finished_at is None:
            yield "open", lambda: Retryable("Somebody else began to read the directory meanwhile.")


def _is_partners(scope: Scope, partner_id: PartnerId) -> bool:
    return scope.kind is ScopeKind.PARTNER and scope.partner_id == partner_id


def _by_id(found: Iterable[Each]) -> list[Each]:
    return sorted(found, key=lambda each: each.id)


def _mentions(search: str | None, *texts: str | None) -> bool:
    return not search or any(search.casefold() in text.casefold() for text in texts if text)

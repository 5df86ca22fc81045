"""Users, groups, memberships and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, delete, func, or_, select, tuple_, update

from scaicontrol_adapters.sql.mapping import INSTANT, TUPLE, Codec, Fields, enum, json_list
from scaicontrol_adapters.sql.reads.identity import page_of_groups, page_of_users
from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST, Repository, Table, refuse_foreign, telling
from scaicontrol_adapters.sql.rows.identity import CustomRoleRow, DirectoryRunRow, GroupMemberRow, GroupRow, UserRow
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.assignment import RoleAssignment
from scaicontrol_core.identity.errors import RoleNameTaken
from scaicontrol_core.identity.group import Group, Membership
from scaicontrol_core.identity.lifecycle import GroupStatus, UserStatus
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.identity.run import DirectoryRun, Kind, Phase, Skipped, Tally
from scaicontrol_core.identity.user import User

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.identity.ports import GroupFilter, UserFilter
    from scaicontrol_core.kernel.ids import GroupId, PartnerId, RoleId, UserId
    from scaicontrol_core.kernel.paging import Page, PageRequest

K = TypeVar("K")
_ASSIGNED = json_list(Fields(RoleAssignment, codecs={"granted_at": INSTANT}))
_USERS: Table[User] = Table(
    UserRow,
    Fields(User, codecs={"status": enum(UserStatus), "directory_roles": TUPLE, "roles": _ASSIGNED}),
    what="user",
    fixed=("external_id", "created_at"),
    extra=("search_text",),
)
_GROUPS: Table[Group] = Table(
    GroupRow,
    Fields(Group, codecs={"status": enum(GroupStatus), "directory_roles": TUPLE, "roles": _ASSIGNED}),
    what="group",
    fixed=("external_id", "created_at"),
    extra=("search_text",),
)
_ROLES: Table[CustomRole] = Table(
    CustomRoleRow,
    Fields(
        CustomRole,
        codecs={
            "permissions": Codec(
                lambda held: [each.value for each in held], lambda kept: tuple(Permission(each) for each in kept)
            )
        },
    ),
    what="role",
    fixed=("name", "created_at"),
    extra=("live_name",),
)
_LIVE = CustomRoleRow.is_deleted.is_(False)
_TALLY = Fields(Tally)
_RUNS: Table[DirectoryRun] = Table(
    DirectoryRunRow,
    Fields(
        DirectoryRun,
        codecs={
            "phase": enum(Phase),
            "complete": TUPLE,
            "tallies": Codec(
                lambda kept: {name: _TALLY.write(tally) for name, tally in kept.items()},
                lambda kept: {name: _TALLY.read(tally) for name, tally in kept.items()},
            ),
            "skipped": json_list(Fields(Skipped, codecs={"kind": enum(Kind)})),
        },
    ),
    what="directory run",
    resource_type="directory_run",
    fixed=("started_at",),
    extra=("open_slot",),
)
_MEMBERSHIP: Fields[Membership] = Fields(Membership)
_MEMBERS = select(*(getattr(GroupMemberRow, name) for name in _MEMBERSHIP.columns))
_KEY = tuple_(GroupMemberRow.group_id, GroupMemberRow.user_id)


def _parts(keys: Collection[K]) -> Iterator[list[K]]:
    listed = list(keys)
    for start in range(0, len(listed), MAX_IN_LIST):
        yield listed[start : start + MAX_IN_LIST]


def _not_by(row: Any, run_id: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = or_(row.seen_run.is_(None), row.seen_run != run_id)
    return found


class _Followed(Repository[Any]):
    """What a directory lists and a reading marks as seen; ``_alive`` are those that can vanish."""

    _alive: ColumnElement[bool]

    async def with_external_ids(self, external_ids: Collection[str]) -> Sequence[Any]:
        """Return all that have one of these ids, at whichever partner."""
        row, found = self.table.row, list[Any]()
        for part in _parts(external_ids):
            found += await self.all_where(row.external_id.in_(part), order=(row.id,))
        # An id is exact, whatever a database thinks of its letters' case.
        return [each for each in found if each.external_id in external_ids]

    async def mark_seen(self, ids: Collection[str], run_id: str) -> None:
        """Note that a reading has seen them."""
        row = self.table.row
        for part in _parts(ids):
            await self._transaction.update(update(row).where(row.id.in_(part)).values(seen_run=run_id), {})

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[Any]:
        """Return those alive that a reading has not seen, by id."""
        row = self.table.row
        query = self.table.select.where(self._alive, _not_by(row, run_id)).order_by(row.id).limit(limit)
        return [self.table.restore(each) for each in await self._transaction.execute(query)]

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many alive a reading has not seen, and how many there are."""
        return await _counted(self._transaction, self.table.row, self._alive, run_id)


class SqlUsers(_Followed):
    """Users within scope (port ``Users``)."""

    table = _USERS
    _alive = UserRow.status == UserStatus.ACTIVE.value

    def values(self, aggregate: User) -> dict[str, Any]:
        """Add the text that searches look in."""
        searched = f"{aggregate.name}\n{aggregate.email or ''}\n{aggregate.external_id}".casefold()
        return super().values(aggregate) | {"search_text": searched}

    async def get(self, user_id: UserId) -> User:
        """Return one, or raise ``NotFound``."""
        return await self.load(user_id)  # type: ignore[no-any-return]  # the table's own

    async def list(self, request: PageRequest, criteria: UserFilter) -> Page[User]:
        """Return a page of those the filter lets pass."""
        return await page_of_users(self._transaction, self.table, request, criteria)


class SqlGroups(_Followed):
    """Groups within scope (port ``Groups``)."""

    table = _GROUPS
    _alive = and_(GroupRow.status == GroupStatus.ACTIVE.value, GroupRow.external_id.is_not(None))

    def values(self, aggregate: Group) -> dict[str, Any]:
        """Add the text that searches look in."""
        return super().values(aggregate) | {"search_text": aggregate.name.casefold()}

    async def get(self, group_id: GroupId) -> Group:
        """Return one, or raise ``NotFound``."""
        return await self.load(group_id)  # type: ignore[no-any-return]  # the table's own

    async def get_many(self, group_ids: Collection[GroupId]) -> Sequence[Group]:
        """Return those of the ids that exist, by id."""
        return sorted(await self.all_in(list(group_ids)), key=lambda group: group.id)

    async def of_user(self, user_id: UserId) -> Sequence[Group]:
        """Return those that somebody is in and that count, by id."""
        query = self.table.select.join(GroupMemberRow, GroupMemberRow.group_id == GroupRow.id).where(
            GroupMemberRow.user_id == user_id, GroupRow.status == GroupStatus.ACTIVE.value
        )
        return [self.table.restore(each) for each in await self._transaction.execute(query.order_by(GroupRow.id))]

    async def list(self, request: PageRequest, criteria: GroupFilter) -> Page[Group]:
        """Return a page of those the filter lets pass."""
        return await page_of_groups(self._transaction, self.table, request, criteria)


class SqlMembers:
    """Who is in which group, within scope (port ``Members``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def among(self, keys: Collection[tuple[GroupId, UserId]]) -> Sequence[Membership]:
        """Return those that are there."""
        found = list[Membership]()
        for part in _parts(keys):
            rows = await self._transaction.execute(_MEMBERS.where(_KEY.in_(part)))
            found += [_membership(row) for row in rows]
        return found

    async def add_each(self, memberships: Sequence[Membership]) -> None:
        """Store new ones; one that is there already stays as it is."""
        written = [_MEMBERSHIP.write(each) | {"seen_run": None} for each in memberships]
        for each in written:
            refuse_foreign(GroupMemberRow, self._transaction.scope, each)
        statement = self._transaction.dialect.insert_if_absent(GroupMemberRow, "group_id", "user_id")
        await self._transaction.upsert(statement, written)

    async def remove_each(self, keys: Collection[tuple[GroupId, UserId]]) -> None:
        """Take them away."""
        for part in _parts(keys):
            await self._transaction.update(delete(GroupMemberRow).where(_KEY.in_(part)), {})

    async def mark_seen(self, keys: Collection[tuple[GroupId, UserId]], run_id: str) -> None:
        """Note that a reading has seen them."""
        for part in _parts(keys):
            marked = update(GroupMemberRow).where(_KEY.in_(part)).values(seen_run=run_id)
            await self._transaction.update(marked, {})

    async def unseen(self, run_id: str, *, limit: int) -> Sequence[Membership]:
        """Return the directory's that a reading has not seen, by group and user."""
        row = GroupMemberRow
        query = _MEMBERS.where(row.is_synced.is_(True), _not_by(row, run_id)).order_by(row.group_id, row.user_id)
        return [_membership(each) for each in await self._transaction.execute(query.limit(limit))]

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many of the directory's a reading has not seen, and how many there are."""
        return await _counted(self._transaction, GroupMemberRow, GroupMemberRow.is_synced.is_(True), run_id)


class SqlCustomRoles(Repository[CustomRole]):
    """Roles of partners' own making within scope (port ``CustomRoles``)."""

    table = _ROLES

    def values(self, aggregate: CustomRole) -> dict[str, Any]:
        """Add the name that nobody else may have: a deleted role's is free."""
        return super().values(aggregate) | {"live_name": None if aggregate.is_deleted else aggregate.name}

    async def get(self, role_id: RoleId) -> CustomRole:
        """Return one, or raise ``NotFound``."""
        return await self.load(role_id)

    async def of_partner(self, partner_id: PartnerId) -> Sequence[CustomRole]:
        """Return a partner's, by name."""
        return await self.all_where(CustomRoleRow.partner_id == partner_id, _LIVE, order=(CustomRoleRow.name,))

    async def everyones(self) -> Sequence[CustomRole]:
        """Return all within scope, by name."""
        return await self.all_where(_LIVE, order=(CustomRoleRow.name, CustomRoleRow.id))

    async def add(self, role: CustomRole) -> None:
        """Store a new one; raises ``RoleNameTaken``."""
        async with telling(RoleNameTaken(role.name)):
            await super().add(role)


class SqlDirectoryRuns(Repository[DirectoryRun]):
    """Readings of the directory (port ``DirectoryRuns``)."""

    table = _RUNS

    def values(self, aggregate: DirectoryRun) -> dict[str, Any]:
        """Add what lets there be one open at most."""
        return super().values(aggregate) | {"open_slot": 1 if aggregate.finished_at is None else None}

    async def get(self, run_id: str) -> DirectoryRun:
        """Return one, or raise ``NotFound``."""
        return await self.load(run_id)

    async def open(self) -> DirectoryRun | None:
        """Return the one that has not got to its end."""
        return await self.find_where(DirectoryRunRow.open_slot == 1)


async def _counted(
    transaction: Transaction, row: type[Any], alive: ColumnElement[bool], run_id: str
) -> tuple[int, int]:
    counts = []
    for predicates in ((alive, _not_by(row, run_id)), (alive,)):
        counted = await transaction.execute(select(func.count()).select_from(row).where(*predicates))
        counts.append(counted.scalar_one())
    return counts[0], counts[1]


def _membership(row: Any) -> Membership:
    kept: Mapping[str, Any] = dict(zip(_MEMBERSHIP.columns, row, strict=True))
    found: Membership = _MEMBERSHIP.read(kept)
    return found

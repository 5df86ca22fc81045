"""Taking over pages of a directory: one page, one transaction, the same state however often it is repeated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from scaicontrol_core.identity.group import Group, Membership
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.run import Kind, Skipped, Tally
from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryUser, Unreadable
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.kernel.ids import GroupId, Ids, PartnerId, TenantId, UserId

UNKNOWN_TENANT = "unknown_tenant"
UNKNOWN_PARTNER = "unknown_partner"
PARTNER_MISMATCH = "partner_mismatch"
NO_OPERATOR = "no_operator"
UNKNOWN_GROUP = "unknown_group"
UNKNOWN_USER = "unknown_user"
FOREIGN_USER = "foreign_user"
MOVED_AWAY = "moved_to_another_partner"
SAID_TO_BE_OUT = "deactivated_in_directory"
VANISHED = "vanished_from_directory"
Place = tuple[PartnerId, TenantId | None]


class _Placed(Protocol):
    """What a directory says the place of."""

    @property
    def id(self) -> str:
        """Its id in the directory."""
        ...

    @property
    def partner_id(self) -> str | None:
        """The partner it names."""
        ...

    @property
    def tenant_id(self) -> str | None:
        """The tenant it names."""
        ...


@frozen
class Followed:
    """What became of a page."""

    tally: Tally
    skipped: tuple[Skipped, ...]


@frozen
class Places:
    """Where the things of a page belong: by our own tenants and partners, never by the directory's word alone."""

    partner_of: dict[TenantId, PartnerId]
    partners: frozenset[PartnerId]
    operator: PartnerId | None

    @classmethod
    async def of(cls, work: IdentityWork, said: Iterable[_Placed]) -> Places:
        """Look up everything that a page names."""
        listed = list(said)
        tenants = await work.tenants.get_many(sorted({TenantId(each.tenant_id) for each in listed if each.tenant_id}))
        partners = set()
        for partner_id in sorted({PartnerId(each.partner_id) for each in listed if each.partner_id}):
            try:
                partners.add((await work.partners.get(partner_id)).id)
            except NotFound:
                continue
        operator = await work.partners.operator()
        return cls(
            {key: tenant.partner_id for key, tenant in tenants.items()},
            frozenset(partners),
            None if operator is None else operator.id,
        )

    def of_one(self, said: _Placed) -> Place | str:
        """Return where something belongs, or why that cannot be told. Without any word it is the operator's."""
        if said.tenant_id is not None:
            tenant_id = TenantId(said.tenant_id)
            partner_id = self.partner_of.get(tenant_id)
            if partner_id is None:
                return UNKNOWN_TENANT
            return (partner_id, tenant_id) if said.partner_id in (None, partner_id) else PARTNER_MISMATCH
        if said.partner_id is None:
            return NO_OPERATOR if self.operator is None else (self.operator, None)
        partner_id = PartnerId(said.partner_id)
        return (partner_id, None) if partner_id in self.partners else UNKNOWN_PARTNER


@frozen
class Following:
    """Takes over pages within a unit of work, on behalf of one reading."""

    work: IdentityWork
    ids: Ids
    run_id: str
    at: datetime
    _skipped: list[Skipped] = field(init=False, factory=list)

    async def users(self, said: Sequence[DirectoryUser]) -> Followed:
        """Take over users; somebody at another partner by now is deactivated where they were."""
        latest = {each.id: each for each in said}
        places = await Places.of(self.work, latest.values())
        known = await self.work.users.with_external_ids(sorted(latest))
        added, changed, unchanged = list[User](), 0, 0
        for external_id, one in latest.items():
            rows = [row for row in known if row.external_id == external_id]
            place = places.of_one(one)
            new = self._user(rows, one, place)
            if new is not None:
                added.append(new)
            elif isinstance(place, str):
                self._skip(Kind.USERS, external_id, place)
            elif any(row.has_changed for row in rows):
                changed += 1
            else:
                unchanged += 1
        await self.work.users.save_each([row for row in known if row.has_changed])
        await self.work.users.add_each(added)
        await self.work.users.mark_seen([row.id for row in (*known, *added)], self.run_id)
        return self._followed(added=len(added), changed=changed, unchanged=unchanged)

    async def groups(self, said: Sequence[DirectoryGroup]) -> Followed:
        """Take over groups; one of another partner by now counts no more where it was."""
        latest = {each.id: each for each in said}
        places = await Places.of(self.work, latest.values())
        known = await self.work.groups.with_external_ids(sorted(latest))
        added, unchanged = list[Group](), 0
        for external_id, one in latest.items():
            rows = [row for row in known if row.external_id == external_id]
            place = places.of_one(one)
            if isinstance(place, str):
                self._skip(Kind.GROUPS, external_id, place)
                continue
            for row in rows:
                if row.partner_id == place[0]:
                    row.follow(one, place[1])
                else:
                    row.remove()
            if not any(row.partner_id == place[0] for row in rows):
                added.append(Group.found(GroupId(self.ids.new("grp")), one, *place, self.at))
            elif not any(row.has_changed for row in rows):
                unchanged += 1
        changed = [row for row in known if row.has_changed]
        await self.work.groups.save_each(changed)
        await self.work.groups.add_each(added)
        await self.work.groups.mark_seen([row.id for row in (*known, *added)], self.run_id)
        return self._followed(added=len(added), changed=len(changed), unchanged=unchanged)

    async def spare(self, kind: Kind, unreadable: Sequence[Unreadable]) -> Followed:
        """Leave alone what an unreadable item names: it has not vanished."""
        named = [each.id for each in unreadable if each.id is not None]
        if kind is Kind.USERS:
            users = await self.work.users.with_external_ids(named)
            await self.work.users.mark_seen([each.id for each in users], self.run_id)
        elif kind is Kind.GROUPS:
            groups = await self.work.groups.with_external_ids(named)
            await self.work.groups.mark_seen([each.id for each in groups], self.run_id)
        for each in unreadable:
            self._skip(kind, each.id or "", each.reason)
        return self._followed(added=0, changed=0, unchanged=0)

    async def memberships(self, said: Sequence[DirectoryMembership]) -> Followed:
        """Take over memberships of the directory's groups."""
        wanted = sorted(set(said))
        groups = await self.work.groups.with_external_ids(sorted({each.group_id for each in wanted}))
        users = await self.work.users.with_external_ids(sorted({each.user_id for each in wanted}))
        found = dict[tuple[GroupId, UserId], Membership]()
        for one in wanted:
            joined = self._joined(one, groups, users)
            if joined is not None:
                found[joined.group_id, joined.user_id] = joined
        there = {(each.group_id, each.user_id) for each in await self.work.members.among(list(found))}
        added = [each for key, each in found.items() if key not in there]
        await self.work.members.add_each(added)
        await self.work.members.mark_seen(list(found), self.run_id)
        by_group = {group.id: group for group in groups}
        for group_id in sorted({each.group_id for each in added}):
            group = by_group[group_id]
            group.note_members(joined=[each.user_id for each in added if each.group_id == group_id])
        await self.work.groups.save_each([group for group in groups if group.has_changed])
        return self._followed(added=len(added), changed=0, unchanged=len(there))

    def _joined(self, one: DirectoryMembership, groups: Sequence[Group], users: Sequence[User]) -> Membership | None:
        own = [group for group in groups if group.external_id == one.group_id and group.is_active]
        named = [user for user in users if user.external_id == one.user_id]
        people = [user for user in named if user.is_active] or named
        for group in own:
            for user in people:
                if group.takes(user):
                    return group.membership(user, self.at)
        reason = UNKNOWN_GROUP if not own else UNKNOWN_USER if not people else FOREIGN_USER
        self._skip(Kind.MEMBERSHIPS, f"{one.group_id}/{one.user_id}"[:100], reason)
        return None

    def _user(self, rows: Iterable[User], one: DirectoryUser, place: Place | str) -> User | None:
        """Let the rows of somebody follow: in where they belong, out elsewhere. Returns them if they are new there."""
        there = None
        for row in rows:
            if not one.is_active:
                row.deactivate(SAID_TO_BE_OUT, self.at)
            elif not isinstance(place, str) and row.partner_id == place[0]:
                row.follow(one, place[1])
                there = row
            elif not isinstance(place, str):
                row.deactivate(MOVED_AWAY, self.at)
        if isinstance(place, str) or there is not None or not one.is_active:
            return None
        return User.found(UserId(self.ids.new("usr")), one, *place, self.at)

    def _skip(self, kind: Kind, external_id: str, reason: str) -> None:
        self._skipped.append(Skipped(kind=kind, external_id=external_id, reason=reason))

    def _followed(self, *, added: int, changed: int, unchanged: int) -> Followed:
        skipped = tuple(self._skipped)
        self._skipped.clear()
        return Followed(Tally(added=added, changed=changed, unchanged=unchanged, skipped=len(skipped)), skipped)

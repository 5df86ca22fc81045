"""Group: users under one name, with the roles that all of them have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from scaicontrol_core.identity.assignment import RoleAssignment, counting, reassigned
from scaicontrol_core.identity.errors import ForeignMember, GroupOfDirectory
from scaicontrol_core.identity.events import (
    GroupAdded,
    GroupChanged,
    GroupEvent,
    GroupMembersChanged,
    GroupRemoved,
    GroupRestored,
    GroupRolesChanged,
)
from scaicontrol_core.identity.lifecycle import GROUP_LIFECYCLE, GroupStatus
from scaicontrol_core.identity.snapshot import DirectoryGroup
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.checks import check_fields, required, text
from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import GroupId, PartnerId, TenantId, UserId


@frozen(kw_only=True)
class GroupName:
    """What a local group is called, and what it is for."""

    name: str
    description: str = ""

    def __attrs_post_init__(self) -> None:
        """Clean both."""
        check_fields(self, {"name": required(200), "description": text(500)})


@frozen(kw_only=True)
class Membership:
    """A user in a group. ``is_synced``: the directory says so, and may take it back."""

    group_id: GroupId
    user_id: UserId
    partner_id: PartnerId
    since: datetime
    is_synced: bool = False


@define(kw_only=True, eq=False)
class Group(Recorder):
    """A group of a partner, or of one tenant. One with an ``external_id`` is the directory's.

    Of the directory's only the local ``roles`` are ours.
    """

    id: GroupId
    external_id: str | None = None
    partner_id: PartnerId
    tenant_id: TenantId | None = None
    name: str
    description: str = ""
    status: GroupStatus = GroupStatus.ACTIVE
    directory_roles: tuple[str, ...] = ()
    roles: tuple[RoleAssignment, ...] = ()
    created_at: datetime
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_active(self) -> bool:
        """Tell whether it counts."""
        return self.status is GroupStatus.ACTIVE

    @property
    def is_synced(self) -> bool:
        """Tell whether it is the directory's."""
        return self.external_id is not None

    @property
    def counting_roles(self) -> frozenset[str]:
        """The local roles that count where it belongs by now."""
        return counting(self.roles, self.tenant_id)

    @classmethod
    def found(
        cls, group_id: GroupId, said: DirectoryGroup, partner_id: PartnerId, tenant_id: TenantId | None, at: datetime
    ) -> Group:
        """Return a new one that the directory has told of."""
        group = cls(
            id=group_id,
            external_id=said.id,
            partner_id=partner_id,
            tenant_id=tenant_id,
            name=said.name,
            description=said.description,
            directory_roles=tuple(sorted(said.roles)),
            created_at=at,
        )
        return group.record_creation()

    def record_creation(self) -> Group:
        """Say in the log that it is new; returns itself."""
        self._tell(GroupAdded, external_id=self.external_id, name=self.name)
        return self

    def follow(self, said: DirectoryGroup, tenant_id: TenantId | None) -> None:
        """Take over what the directory says by now; records what differs, nothing if nothing does."""
        self._change(
            {
                "name": said.name,
                "description": said.description,
                "tenant_id": tenant_id,
                "directory_roles": tuple(sorted(said.roles)),
            }
        )
        if not self.is_active:
            self._tell(GroupRestored, {"status": self._move(GroupStatus.ACTIVE)})

    def rename(self, wanted: GroupName) -> None:
        """Call a local group something else. Raises ``GroupOfDirectory``."""
        self.require_local()
        self._change({"name": wanted.name, "description": wanted.description})

    def remove(self) -> None:
        """Let it count for nobody; nothing happens to one that is gone already."""
        if self.is_active:
            self._tell(GroupRemoved, {"status": self._move(GroupStatus.REMOVED)})

    def assign(self, names: Iterable[str], *, by: str, at: datetime) -> None:
        """Let its members have exactly these local roles; records what differs."""
        before, wanted = self.counting_roles, frozenset(names)
        if before != wanted:
            self.roles = reassigned(self.roles, wanted, by=by, at=at, tenant_id=self.tenant_id)
            self._tell(GroupRolesChanged, {"roles": (sorted(before), sorted(wanted))})

    def note_members(self, *, joined: Iterable[UserId] = (), left: Iterable[UserId] = ()) -> None:
        """Say in the log who joined and who left."""
        came, went = tuple(sorted(joined)), tuple(sorted(left))
        if came or went:
            self._tell(GroupMembersChanged, joined=came, left=went)

    def takes(self, user: User) -> bool:
        """Tell whether somebody belongs where the group does."""
        return user.partner_id == self.partner_id and self.tenant_id in (None, user.tenant_id)

    def membership(self, user: User, at: datetime) -> Membership:
        """Return the membership of a user; raises ``ForeignMember``."""
        if not self.takes(user):
            raise ForeignMember
        return Membership(
            group_id=self.id, user_id=user.id, partner_id=self.partner_id, since=at, is_synced=self.is_synced
        )

    def require_local(self) -> None:
        """Raise ``GroupOfDirectory`` for one that is not ours to change."""
        if self.is_synced:
            raise GroupOfDirectory

    def _change(self, after: Mapping[str, Any]) -> None:
        changes = {name: (getattr(self, name), value) for name, value in after.items() if getattr(self, name) != value}
        for name, (_, value) in changes.items():
            setattr(self, name, value)
        if changes:
            self._tell(GroupChanged, changes)

    def _move(self, target: GroupStatus) -> tuple[str, str]:
        GROUP_LIFECYCLE.require(self.status, target)
        before, self.status = self.status, target
        return before.value, target.value

    def _tell(self, kind: type[GroupEvent], changes: Mapping[str, tuple[Any, Any]] | None = None, **own: Any) -> None:
        self._record(
            kind(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes={name: (to_json(old), to_json(new)) for name, (old, new) in (changes or {}).items()},
                **own,
            )
        )

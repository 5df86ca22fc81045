"""User: a person whom the directory knows, with the roles that were given to them here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field

from scaicontrol_core.identity.assignment import RoleAssignment, counting, reassigned
from scaicontrol_core.identity.events import (
    UserAdded,
    UserChanged,
    UserDeactivated,
    UserEvent,
    UserReactivated,
    UserRolesChanged,
)
from scaicontrol_core.identity.lifecycle import USER_LIFECYCLE, UserStatus
from scaicontrol_core.identity.snapshot import DirectoryUser
from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import PartnerId, TenantId, UserId


@define(kw_only=True, eq=False)
class User(Recorder):
    """A person. ``external_id`` is the subject of their tokens, unique within a partner.

    ``directory_roles`` are shown, and count through tokens; ``roles`` are ours, and no directory
    changes them. Somebody without a tenant works for the partner itself.
    """

    id: UserId
    external_id: str
    partner_id: PartnerId
    tenant_id: TenantId | None = None
    name: str
    email: str | None = None
    status: UserStatus = UserStatus.ACTIVE
    directory_roles: tuple[str, ...] = ()
    roles: tuple[RoleAssignment, ...] = ()
    created_at: datetime
    deactivated_at: datetime | None = None
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_active(self) -> bool:
        """Tell whether they may come in."""
        return self.status is UserStatus.ACTIVE

    @property
    def counting_roles(self) -> frozenset[str]:
        """The local roles that count where they belong by now."""
        return counting(self.roles, self.tenant_id)

    @classmethod
    def found(
        cls, user_id: UserId, said: DirectoryUser, partner_id: PartnerId, tenant_id: TenantId | None, at: datetime
    ) -> User:
        """Return somebody new whom the directory has told of."""
        user = cls(
            id=user_id,
            external_id=said.id,
            partner_id=partner_id,
            tenant_id=tenant_id,
            name=said.name,
            email=said.email,
            directory_roles=tuple(sorted(said.roles)),
            created_at=at,
        )
        user._tell(UserAdded, external_id=said.id, name=said.name)
        return user

    def follow(self, said: DirectoryUser, tenant_id: TenantId | None) -> None:
        """Take over what the directory says by now; records what differs, nothing if nothing does."""
        after = {
            "name": said.name,
            "email": said.email,
            "tenant_id": tenant_id,
            "directory_roles": tuple(sorted(said.roles)),
        }
        changes = {name: (getattr(self, name), value) for name, value in after.items() if getattr(self, name) != value}
        for name, (_, value) in changes.items():
            setattr(self, name, value)
        if changes:
            self._tell(UserChanged, changes)
        if not self.is_active:
            since, self.deactivated_at = self.deactivated_at, None
            self._tell(UserReactivated, {"status": self._move(UserStatus.ACTIVE), "deactivated_at": (since, None)})

    def deactivate(self, reason: str, at: datetime) -> None:
        """Shut somebody out; nothing happens to who is out already."""
        if self.is_active:
            self.deactivated_at = at
            moved = {"status": self._move(UserStatus.DEACTIVATED), "deactivated_at": (None, at)}
            self._tell(UserDeactivated, moved, reason=reason)

    def assign(self, names: Iterable[str], *, by: str, at: datetime) -> None:
        """Let them have exactly these local roles; records what differs."""
        before, wanted = self.counting_roles, frozenset(names)
        if before != wanted:
            self.roles = reassigned(self.roles, wanted, by=by, at=at, tenant_id=self.tenant_id)
            self._tell(UserRolesChanged, {"roles": (sorted(before), sorted(wanted))})

    def _move(self, target: UserStatus) -> tuple[str, str]:
        USER_LIFECYCLE.require(self.status, target)
        before, self.status = self.status, target
        return before.value, target.value

    def _tell(self, kind: type[UserEvent], changes: Mapping[str, tuple[Any, Any]] | None = None, **own: Any) -> None:
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

"""Roles by name: the three that are ours, and bundles of permissions that a partner makes for itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from scaicontrol_core.access.permission import Permission
from scaicontrol_core.access.role import ROLE_PERMISSIONS, Role
from scaicontrol_core.identity.errors import RoleIsDeleted, RoleNameTaken
from scaicontrol_core.identity.events import RoleChanged, RoleCreated, RoleDeleted
from scaicontrol_core.kernel.checks import check_fields, choice, distinct, slug, text
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId, RoleId

_PERMISSIONS = distinct(choice(Permission))


@frozen(kw_only=True)
class RoleBundle:
    """What a role's name stands for."""

    name: str
    permissions: frozenset[Permission]
    builtin: Role | None = None


BUILTIN_ROLES: tuple[RoleBundle, ...] = tuple(
    RoleBundle(name=role.value, permissions=permissions, builtin=role) for role, permissions in ROLE_PERMISSIONS.items()
)
_BUILTIN_NAMES = frozenset(bundle.name for bundle in BUILTIN_ROLES)


@frozen(kw_only=True)
class RoleContent:
    """What a role of one's own permits, and what it is for."""

    permissions: tuple[Permission, ...]
    description: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse what is no permission, or stands there twice."""
        check_fields(self, {"permissions": _sorted, "description": text(500)})


@frozen(kw_only=True)
class NewRole:
    """A role to make. ``partner_id`` None: the actor's own partner, for the platform the operator."""

    name: str
    content: RoleContent
    partner_id: PartnerId | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a name that is none, or one of ours (``RoleNameTaken``)."""
        check_fields(self, {"name": slug})
        if self.name in _BUILTIN_NAMES:
            raise RoleNameTaken(self.name)


@define(kw_only=True, eq=False)
class CustomRole(Recorder):
    """A partner's own role; its name is unique within the partner and never changes."""

    id: RoleId
    partner_id: PartnerId
    name: str
    description: str = ""
    permissions: tuple[Permission, ...]
    created_at: datetime
    is_deleted: bool = False
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def bundle(self) -> RoleBundle:
        """What its name stands for."""
        return RoleBundle(name=self.name, permissions=frozenset(self.permissions))

    def record_creation(self) -> CustomRole:
        """Say in the log that it is new; returns itself."""
        permissions = tuple(each.value for each in self.permissions)
        self._record(
            RoleCreated(resource_id=self.id, partner_id=self.partner_id, name=self.name, permissions=permissions)
        )
        return self

    def change(self, wanted: RoleContent) -> None:
        """Let it permit something else; records what differs. Raises ``RoleIsDeleted``."""
        if self.is_deleted:
            raise RoleIsDeleted(self.name)
        changes: dict[str, tuple[Any, Any]] = {}
        if self.description != wanted.description:
            changes["description"] = (self.description, wanted.description)
        if self.permissions != wanted.permissions:
            before, after = ([each.value for each in some] for some in (self.permissions, wanted.permissions))
            changes["permissions"] = (before, after)
        self.description, self.permissions = wanted.description, wanted.permissions
        if changes:
            self._record(
                RoleChanged(resource_id=self.id, partner_id=self.partner_id, ordinal=self.version + 1, changes=changes)
            )

    def delete(self) -> None:
        """Let it be a role no more, and its name be free; nothing happens to one that is deleted already."""
        if not self.is_deleted:
            self.is_deleted = True
            self._record(
                RoleDeleted(
                    resource_id=self.id,
                    partner_id=self.partner_id,
                    ordinal=self.version + 1,
                    name=self.name,
                    changes={"is_deleted": (False, True)},
                )
            )


def bundles(own: Iterable[CustomRole]) -> dict[str, RoleBundle]:
    """Return what every name stands for at a partner; ours cannot be replaced."""
    return {role.name: role.bundle for role in own} | {bundle.name: bundle for bundle in BUILTIN_ROLES}


def _sorted(value: Any, pointer: str) -> tuple[Permission, ...]:
    return tuple(sorted(_PERMISSIONS(value, pointer)))

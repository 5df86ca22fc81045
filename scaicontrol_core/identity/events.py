"""What happens to users, groups and roles: for the audit log alone."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class UserEvent(Event):
    """Something about a user."""

    resource_type: ClassVar[str] = "user"


@frozen(kw_only=True)
class UserAdded(UserEvent):
    """The directory knows somebody new."""

    action: ClassVar[str] = "user.added"
    external_id: str
    name: str


@frozen(kw_only=True)
class UserChanged(UserEvent):
    """The directory says something else of somebody; ``changes`` say what."""

    action: ClassVar[str] = "user.changed"


@frozen(kw_only=True)
class UserDeactivated(UserEvent):
    """The directory does not know somebody any more, or says that they are out."""

    action: ClassVar[str] = "user.deactivated"
    reason: str


@frozen(kw_only=True)
class UserReactivated(UserEvent):
    """Somebody is back in the directory."""

    action: ClassVar[str] = "user.reactivated"


@frozen(kw_only=True)
class UserRolesChanged(UserEvent):
    """An administrator gave or took local roles; ``changes`` hold the names before and after."""

    action: ClassVar[str] = "user.roles_changed"


@frozen(kw_only=True)
class GroupEvent(Event):
    """Something about a group."""

    resource_type: ClassVar[str] = "group"


@frozen(kw_only=True)
class GroupAdded(GroupEvent):
    """A group was made here, or the directory has a new one: then it has an ``external_id``."""

    action: ClassVar[str] = "group.added"
    external_id: str | None
    name: str


@frozen(kw_only=True)
class GroupChanged(GroupEvent):
    """A group's name or description changed; ``changes`` say how."""

    action: ClassVar[str] = "group.changed"


@frozen(kw_only=True)
class GroupRemoved(GroupEvent):
    """A group was deleted, or vanished from the directory: its roles count for nobody."""

    action: ClassVar[str] = "group.removed"


@frozen(kw_only=True)
class GroupRestored(GroupEvent):
    """A group is back in the directory."""

    action: ClassVar[str] = "group.restored"


@frozen(kw_only=True)
class GroupRolesChanged(GroupEvent):
    """An administrator gave or took local roles; ``changes`` hold the names before and after."""

    action: ClassVar[str] = "group.roles_changed"


@frozen(kw_only=True)
class GroupMembersChanged(GroupEvent):
    """Users joined or left, by our ids."""

    action: ClassVar[str] = "group.members_changed"
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@frozen(kw_only=True)
class RoleEvent(Event):
    """Something about a role of one's own making."""

    resource_type: ClassVar[str] = "role"


@frozen(kw_only=True)
class RoleCreated(RoleEvent):
    """A role was made."""

    action: ClassVar[str] = "role.created"
    name: str
    permissions: tuple[str, ...]


@frozen(kw_only=True)
class RoleChanged(RoleEvent):
    """What a role permits, or how it is described, changed."""

    action: ClassVar[str] = "role.changed"


@frozen(kw_only=True)
class RoleDeleted(RoleEvent):
    """A role that nobody had is gone."""

    action: ClassVar[str] = "role.deleted"
    name: str


@frozen(kw_only=True)
class DirectoryRunEvent(Event):
    """Something about a reading of the directory."""

    resource_type: ClassVar[str] = "directory_run"


@frozen(kw_only=True)
class DirectoryRunStarted(DirectoryRunEvent):
    """The directory began to be read."""

    action: ClassVar[str] = "directory_run.started"
    force: bool


@frozen(kw_only=True)
class DirectoryRunFinished(DirectoryRunEvent):
    """It was read to its end, or given up; ``counts`` are those of users, groups and memberships."""

    action: ClassVar[str] = "directory_run.finished"
    abandoned: bool
    counts: dict[str, dict[str, int]]

"""What goes wrong with users, groups, roles and the directory; the codes are part of the API."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, Unavailable


class DirectoryNotConfigured(Unavailable):
    """There is no directory to ask."""

    code = "directory_not_configured"

    def __init__(self) -> None:
        super().__init__(
            "No directory is configured.", hint="Set SCAICONTROL_DIRECTORY_CLIENT_ID and its secret; see the how-to."
        )


class DirectoryAway(Unavailable):
    """The directory, or whoever gives tokens for it, does not answer in time or is broken."""

    code = "directory_away"


class DirectoryRefuses(Unavailable):
    """The directory does not let us in."""

    code = "directory_refuses"


class DirectoryIncoherent(Unavailable):
    """The directory's answer is not what was agreed upon."""

    code = "directory_incoherent"


class DirectoryCursorLost(Unavailable):
    """The directory does not know the cursor any more: the listing is to be read from its start."""

    code = "directory_cursor_lost"


class SyncRunning(Conflict):
    """Somebody else reads the directory at the moment."""

    code = "sync_running"

    def __init__(self) -> None:
        super().__init__(
            "The directory is being read already.", hint="Wait for that to end; it takes no more than that."
        )


class RoleUnknown(Invalid):
    """There is no role of that name for this partner."""

    code = "role_unknown"

    def __init__(self, name: str, position: int) -> None:
        message = f"There is no role {name!r} here."
        super().__init__(message, fields=[FieldError(f"/roles/{position}", message)])


class RoleBeyondCeiling(Invalid):
    """The role permits more than whoever is to have it may ever do."""

    code = "role_beyond_ceiling"

    def __init__(self, name: str, level: str) -> None:
        message = f"The role {name} is beyond what somebody of a {level} may ever have."
        super().__init__(message, fields=[FieldError("/roles", message)])


class RoleBeyondOwn(Forbidden):
    """An actor tried to give or take what they do not have themselves."""

    code = "role_beyond_own"

    def __init__(self, name: str) -> None:
        super().__init__(f"The role {name} permits more than you may do yourself: you cannot give or take it.")


class PermissionBeyondOwn(Forbidden):
    """An actor tried to put into a role what they may not do themselves."""

    code = "permission_beyond_own"

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"You may not do this yourself: {', '.join(names)}.")


class PermissionBeyondCeiling(Invalid):
    """A role can't hold what nobody of its partner may ever do."""

    code = "permission_beyond_ceiling"

    def __init__(self, names: list[str]) -> None:
        message = f"Nobody of this partner may ever do this: {', '.join(names)}."
        super().__init__(message, fields=[FieldError("/permissions", message)])


class RoleNameTaken(Conflict):
    """The partner has a role of that name, or it is one of ours."""

    code = "role_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a role {name!r} already.", fields=[FieldError("/name", "This name is taken.")])


class RoleIsDeleted(Conflict):
    """A deleted role changes no more."""

    code = "role_deleted"

    def __init__(self, name: str) -> None:
        super().__init__(f"The role {name!r} is deleted.", hint="Make another one; its name is free.")


class GroupIsRemoved(Conflict):
    """A group that is gone takes nobody in."""

    code = "group_removed"

    def __init__(self, name: str) -> None:
        super().__init__(f"The group {name!r} is removed.", hint="Make another one.")


class RoleInUse(Conflict):
    """Somebody has the role."""

    code = "role_in_use"

    def __init__(self, name: str) -> None:
        super().__init__(f"Somebody has the role {name!r}.", hint="Take it from its users and groups first.")


class GroupOfDirectory(Conflict):
    """A synced group's name and members are the directory's."""

    code = "group_of_directory"

    def __init__(self) -> None:
        super().__init__(
            "This group belongs to the directory: only its local roles can be changed here.",
            hint="Change the group in the directory, or make a local one.",
        )


class ForeignMember(Invalid):
    """A group has users of its own partner only, and a tenant's only that tenant's."""

    code = "foreign_member"

    def __init__(self) -> None:
        super().__init__("This user does not belong where the group does.")


class UserIsDeactivated(Forbidden):
    """The directory says that the bearer of a token is out."""

    code = "user_deactivated"

    def __init__(self) -> None:
        super().__init__("This user is deactivated.", hint="Ask an administrator of your organisation.")

"""The lives of users and of groups: they go, and may come back."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class UserStatus(StrEnum):
    """Whether somebody may come in."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    """The directory does not know them any more, or says that they are out; their tokens open nothing."""


class GroupStatus(StrEnum):
    """Whether a group counts."""

    ACTIVE = "active"
    REMOVED = "removed"
    """Gone from the directory, or deleted here."""


USER_LIFECYCLE: Lifecycle[UserStatus] = Lifecycle(
    name="user",
    initial=UserStatus.ACTIVE,
    edges={
        UserStatus.ACTIVE: frozenset({UserStatus.DEACTIVATED}),
        UserStatus.DEACTIVATED: frozenset({UserStatus.ACTIVE}),
    },
)
GROUP_LIFECYCLE: Lifecycle[GroupStatus] = Lifecycle(
    name="group",
    initial=GroupStatus.ACTIVE,
    edges={
        GroupStatus.ACTIVE: frozenset({GroupStatus.REMOVED}),
        GroupStatus.REMOVED: frozenset({GroupStatus.ACTIVE}),
    },
)

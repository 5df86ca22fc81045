"""Identity: users and groups, as the directory has them, and the roles that they are given here.

The directory is the truth about who there is; ``SyncDirectory`` follows it page by page. Local
roles are the truth about what was given here: no directory changes them, and nobody can give
more than they have (``granting``). What both come to for the bearer of a token is a ``Standing``.
"""

from scaicontrol_core.identity.diff import SnapshotDiff, diff
from scaicontrol_core.identity.group import Group, Membership
from scaicontrol_core.identity.ports import Directory, IdentityWork
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.identity.run import DirectoryRun, SyncReport
from scaicontrol_core.identity.snapshot import Snapshot
from scaicontrol_core.identity.standing import Standing
from scaicontrol_core.identity.user import User

__all__ = [
    "CustomRole",
    "Directory",
    "DirectoryRun",
    "Group",
    "IdentityWork",
    "Membership",
    "Snapshot",
    "SnapshotDiff",
    "Standing",
    "SyncReport",
    "User",
    "diff",
]

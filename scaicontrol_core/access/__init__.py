"""Access: who acts (actor), what they may do (permission, role), decided purely.

The permission enum is the truth about role-based access; the documentation and the
development issuer's tokens are made from it.
"""

from scaicontrol_core.access.actor import Actor, ActorKind
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.access.role import ROLE_PERMISSIONS, Role

__all__ = ["ROLE_PERMISSIONS", "Actor", "ActorKind", "Permission", "Role"]

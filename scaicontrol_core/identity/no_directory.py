"""No directory: what an installation has that was not told of one."""

from __future__ import annotations

from scaicontrol_core.identity.errors import DirectoryNotConfigured
from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryPage, DirectoryUser


class NoDirectory:
    """Raises ``DirectoryNotConfigured`` whatever it is asked (port ``Directory``)."""

    async def users(self, cursor: str | None) -> DirectoryPage[DirectoryUser]:
        """There are none."""
        raise DirectoryNotConfigured

    async def groups(self, cursor: str | None) -> DirectoryPage[DirectoryGroup]:
        """There are none."""
        raise DirectoryNotConfigured

    async def memberships(self, cursor: str | None) -> DirectoryPage[DirectoryMembership]:
        """There are none."""
        raise DirectoryNotConfigured

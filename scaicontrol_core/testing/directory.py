"""A directory in memory: pages of what a snapshot holds, in the order of ids, and faults on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import define, field

from scaicontrol_core.identity.errors import DirectoryAway, DirectoryCursorLost
from scaicontrol_core.identity.snapshot import (
    DirectoryGroup,
    DirectoryMembership,
    DirectoryPage,
    DirectoryUser,
    Snapshot,
)

V = TypeVar("V")


@define
class MemoryDirectory:
    """Serves ``snapshot``, ``size`` items a page (port ``Directory``).

    ``fails_at`` counts calls from 1 that find it away, ``forgets_at`` those whose cursor it has lost.
    ``before`` is called ahead of each page: tests change the directory under way there.
    ``cut_after``: every listing ends after so many items, as one that lost its tail.
    """

    snapshot: Snapshot = field(factory=Snapshot)
    size: int = 100
    fails_at: set[int] = field(factory=set)
    forgets_at: set[int] = field(factory=set)
    before: Callable[[int], None] | None = None
    cut_after: int | None = None
    calls: int = 0

    async def users(self, cursor: str | None) -> DirectoryPage[DirectoryUser]:
        """Return a page of users."""
        self._called(cursor)
        return self._page([(key, self.snapshot.users[key]) for key in sorted(self.snapshot.users)], cursor)

    async def groups(self, cursor: str | None) -> DirectoryPage[DirectoryGroup]:
        """Return a page of groups."""
        self._called(cursor)
        return self._page([(key, self.snapshot.groups[key]) for key in sorted(self.snapshot.groups)], cursor)

    async def memberships(self, cursor: str | None) -> DirectoryPage[DirectoryMembership]:
        """Return a page of memberships."""
        self._called(cursor)
        listed = sorted(self.snapshot.memberships)
        return self._page([(f"{each.group_id} {each.user_id}", each) for each in listed], cursor)

    def _called(self, cursor: str | None) -> None:
        self.calls += 1
        if self.before is not None:
            self.before(self.calls)
        if self.calls in self.fails_at:
            raise DirectoryAway("The directory does not answer.")
        if self.calls in self.forgets_at and cursor is not None:
            raise DirectoryCursorLost("The directory does not know this cursor.")

    def _page(self, listed: Sequence[tuple[str, V]], cursor: str | None) -> DirectoryPage[V]:
        total, listed = len(listed), listed if self.cut_after is None else listed[: self.cut_after]
        rest = [(key, value) for key, value in listed if cursor is None or key > cursor]
        shown = rest[: self.size]
        following = shown[-1][0] if len(rest) > len(shown) else None
        return DirectoryPage(items=tuple(value for _, value in shown), total=total, next_cursor=following)

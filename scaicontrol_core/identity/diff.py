"""What differs between what we know and what the directory says: pure, whole or page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import frozen

from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryUser, Snapshot

V = TypeVar("V")
#: This many may always vanish at once, unless that is everybody.
_FEW = 5
#: Beyond them, at most one in so many.
_ONE_IN = 5


@frozen(kw_only=True)
class Comparison(Generic[V]):
    """Things by key: those that are new, those that differ (before, after), those that are equal or missing."""

    added: Mapping[str, V]
    changed: Mapping[str, tuple[V, V]]
    unchanged: frozenset[str]
    missing: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing differs."""
        return not (self.added or self.changed or self.missing)

    def applied(self, known: Mapping[str, V]) -> dict[str, V]:
        """Return what was known with the differences applied."""
        kept = {key: value for key, value in known.items() if key not in self.missing}
        return kept | {key: after for key, (_, after) in self.changed.items()} | dict(self.added)


def compare(known: Mapping[str, V], found: Mapping[str, V]) -> Comparison[V]:
    """Return how to get from what is known to what was found."""
    both = known.keys() & found.keys()
    changed = {key: (known[key], found[key]) for key in sorted(both) if known[key] != found[key]}
    return Comparison(
        added={key: value for key, value in found.items() if key not in known},
        changed=changed,
        unchanged=frozenset(both - changed.keys()),
        missing=frozenset(known.keys() - found.keys()),
    )


@frozen(kw_only=True)
class SnapshotDiff:
    """How to get from one directory to another."""

    users: Comparison[DirectoryUser]
    groups: Comparison[DirectoryGroup]
    joined: frozenset[DirectoryMembership]
    left: frozenset[DirectoryMembership]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing differs."""
        return self.users.is_empty and self.groups.is_empty and not self.joined and not self.left

    def applied(self, local: Snapshot) -> Snapshot:
        """Return a directory with the differences applied."""
        return Snapshot(
            users=self.users.applied(local.users),
            groups=self.groups.applied(local.groups),
            memberships=(local.memberships - self.left) | self.joined,
        )


def diff(local: Snapshot, remote: Snapshot) -> SnapshotDiff:
    """Return how to get from what we know to what the directory says."""
    return SnapshotDiff(
        users=compare(local.users, remote.users),
        groups=compare(local.groups, remote.groups),
        joined=remote.memberships - local.memberships,
        left=local.memberships - remote.memberships,
    )


def is_implausible(vanished: int, known: int) -> bool:
    """Tell whether more vanished at once than people leave: everybody, or over a fifth of more than a few."""
    return vanished > 0 and (vanished >= known > 1 or vanished > max(_FEW, known // _ONE_IN))

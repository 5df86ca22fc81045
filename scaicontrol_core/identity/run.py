"""A reading of the directory: how far it got, what came of it, and who is at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import define, evolve, field, frozen

from scaicontrol_core.identity.errors import SyncRunning
from scaicontrol_core.identity.events import DirectoryRunFinished, DirectoryRunStarted
from scaicontrol_core.kernel.events import Event

#: How long whoever reads may be silent before somebody else takes over. A page takes a minute at most.
LEASE = timedelta(seconds=150)
#: A reading that was left lying for so long is begun anew: what it saw is too old to tell who vanished.
FORGOTTEN = timedelta(hours=6)
#: Reports name this many of what was skipped; the counts are of all.
MOST_SKIPPED = 200


class Kind(StrEnum):
    """What a directory lists."""

    USERS = "users"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"


class Phase(StrEnum):
    """The parts of a reading, in their order: three listings, then what none of them named."""

    USERS = "users"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"
    VANISHED_MEMBERSHIPS = "vanished_memberships"
    VANISHED_GROUPS = "vanished_groups"
    VANISHED_USERS = "vanished_users"
    DONE = "done"

    @property
    def next(self) -> Phase:
        """The part after this."""
        phases = list(Phase)
        return phases[min(phases.index(self) + 1, len(phases) - 1)]

    @property
    def kind(self) -> Kind:
        """What it deals with."""
        return Kind(self.value.removeprefix("vanished_"))


@frozen(kw_only=True)
class Tally:
    """How many of a kind; ``held_back`` vanished but were kept, for the listing was incomplete or implausible."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: int = 0
    held_back: int = 0

    def plus(self, other: Tally) -> Tally:
        """Return both together."""
        names = [each.name for each in Tally.__attrs_attrs__]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def counts(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {each.name: getattr(self, each.name) for each in Tally.__attrs_attrs__}


@frozen(kw_only=True)
class Skipped:
    """Something the directory lists that we could not take over, by its id there, and why."""

    kind: Kind
    external_id: str
    reason: str


@define(kw_only=True, eq=False)
class DirectoryRun:
    """A reading. Each page is kept in one transaction with ``cursor``, so a killed one goes on where it was.

    ``listed`` counts the items of the present listing; ``complete`` names the kinds whose listing
    was read whole. An unreadable item without an id could be anybody: then nothing may be taken for vanished.
    """

    id: str
    phase: Phase = Phase.USERS
    cursor: str | None = None
    listed: int = 0
    complete: tuple[str, ...] = ()
    is_readable: bool = True
    is_forced: bool = False
    worker: str
    leased_until: datetime
    started_at: datetime
    finished_at: datetime | None = None
    is_abandoned: bool = False
    tallies: Mapping[str, Tally] = field(factory=lambda: {kind.value: Tally() for kind in Kind})
    skipped: tuple[Skipped, ...] = ()
    error_code: str | None = None
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @classmethod
    def begin(cls, run_id: str, worker: str, at: datetime, *, force: bool) -> DirectoryRun:
        """Return a new one."""
        run = cls(id=run_id, worker=worker, leased_until=at + LEASE, started_at=at, is_forced=force)
        run._events.append(DirectoryRunStarted(resource_id=run_id, force=force))
        return run

    def collect_events(self) -> tuple[Event, ...]:
        """Return what is to be told of it: its begin and its end, and nothing of its progress."""
        events = tuple(self._events)
        self._events.clear()
        return events

    @property
    def is_done(self) -> bool:
        """Tell whether it got to its end."""
        return self.phase is Phase.DONE

    def is_forgotten(self, at: datetime) -> bool:
        """Tell whether it was left lying."""
        return at - self.started_at >= FORGOTTEN and self.leased_until <= at

    def take_up(self, worker: str, at: datetime, *, force: bool) -> None:
        """Go on with what somebody else began; raises ``SyncRunning`` while they are at it."""
        if self.leased_until > at:
            raise SyncRunning
        self.worker, self.leased_until, self.error_code = worker, at + LEASE, None
        self.is_forced = self.is_forced or force

    def hold(self, worker: str, at: datetime) -> None:
        """Keep at it; raises ``SyncRunning`` if somebody else has taken over, for all that was read is theirs now."""
        if self.worker != worker or self.finished_at is not None:
            raise SyncRunning
        self.leased_until = at + LEASE

    def let_go(self, at: datetime, error_code: str | None = None) -> None:
        """Let anybody go on with it at once."""
        self.leased_until, self.error_code = at, error_code

    def count(self, tally: Tally, skipped: Iterable[Skipped] = ()) -> None:
        """Add to what came of the kind that it deals with at present."""
        name = self.phase.kind.value
        self.tallies = {**self.tallies, name: self.tallies[name].plus(tally)}
        self.skipped = (*self.skipped, *skipped)[:MOST_SKIPPED]

    def turn_page(self, items: int, total: int, next_cursor: str | None, *, is_readable: bool) -> None:
        """Go on to the page behind, or to the next part. A listing that names fewer than its total is incomplete."""
        self.listed += items
        self.cursor = next_cursor
        self.is_readable = self.is_readable and is_readable
        if next_cursor is None:
            if self.listed >= total and self.is_readable:
                self.complete = (*self.complete, self.phase.kind.value)
            self.advance()

    def begin_listing_anew(self) -> None:
        """Read the present listing from its start: the directory has lost the cursor."""
        self.cursor, self.listed, self.is_readable = None, 0, True

    def advance(self, at: datetime | None = None) -> None:
        """Go on to the next part; the last needs to know when it ended."""
        self.phase, self.cursor, self.listed, self.is_readable = self.phase.next, None, 0, True
        if self.phase is Phase.DONE and at is not None:
            self._finish(at)

    def abandon(self, at: datetime) -> None:
        """Give it up."""
        self.is_abandoned = True
        self._finish(at)

    def _finish(self, at: datetime) -> None:
        self.finished_at = self.leased_until = at
        counts = {name: tally.counts() for name, tally in self.tallies.items()}
        self._events.append(
            DirectoryRunFinished(
                resource_id=self.id, ordinal=self.version + 1, abandoned=self.is_abandoned, counts=counts
            )
        )


@frozen(kw_only=True)
class SyncReport:
    """What came of a reading so far; ``is_done`` tells whether it got to its end."""

    run_id: str
    is_done: bool
    users: Tally
    groups: Tally
    memberships: Tally
    skipped: tuple[Skipped, ...]
    incomplete: tuple[str, ...]
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, run: DirectoryRun) -> SyncReport:
        """Return the report of a reading."""
        listed = list(Phase)[: list(Phase).index(run.phase)]
        missing = (kind.value for kind in Kind if Phase(kind.value) in listed and kind.value not in run.complete)
        return cls(
            run_id=run.id,
            is_done=run.is_done,
            **{name: evolve(tally) for name, tally in run.tallies.items()},
            skipped=run.skipped,
            incomplete=tuple(missing),
            started_at=run.started_at,
            finished_at=run.finished_at,
        )

    @property
    def held_back(self) -> int:
        """How many vanished but were kept."""
        return sum(each.held_back for each in (self.users, self.groups, self.memberships))

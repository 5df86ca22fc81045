"""What we know of the bearers of tokens, remembered for a few seconds: no request waits for the database twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from attrs import define, field

from scaicontrol_core.access import Actor
from scaicontrol_core.identity.use_cases.read_standing import ReadStanding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.identity.standing import Standing
    from scaicontrol_core.kernel.events import Event

_ASKING = Actor.system("authentication")
_MOST_REMEMBERED = 10_000
#: Events of these change somebody's standing; a partner's, which one is the operator.
_TELLING = frozenset({"user", "group", "role", "partner"})


class Standings(Protocol):
    """Knows what has been given to users here, and who is out."""

    async def of(self, subject: str) -> Standing | None:
        """Return the standing of a token's subject; None for a stranger."""
        ...


@define
class KeptStandings:
    """Standings by subject, none older than ``max_age`` seconds; ``now`` counts seconds, whatever the business's clock.

    What this process commits counts at once: everything is forgotten, also what was being read meanwhile.
    """

    max_age: float
    now: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, Standing | None]] = field(init=False, factory=dict)
    _changes: int = field(init=False, default=0)

    def get(self, subject: str) -> tuple[Standing | None] | None:
        """Return what is known, in a tuple of one; None: it has to be read."""
        until, known = self._kept.get(subject, (0.0, None))
        return (known,) if subject in self._kept and self.now() < until else None

    def begin(self) -> tuple[float, int]:
        """Return what ``keep`` wants to know: when the reading began, and what had been changed by then."""
        return self.now(), self._changes

    def keep(self, subject: str, standing: Standing | None, begun: tuple[float, int]) -> None:
        """Remember what was read, unless something was changed since the reading began."""
        since, changes = begun
        if self.max_age <= 0 or changes != self._changes:
            return
        self._kept.pop(subject, None)
        if len(self._kept) >= _MOST_REMEMBERED:
            del self._kept[next(iter(self._kept))]
        self._kept[subject] = (since + self.max_age, standing)

    async def committed(self, events: Sequence[Event]) -> None:
        """Forget everything if somebody's standing may have changed (port ``AfterCommit``)."""
        if any(event.resource_type in _TELLING for event in events):
            self._changes += 1
            self._kept.clear()


@define
class KnownStandings:
    """Asks the database through what is kept (protocol ``Standings``)."""

    container: Container

    async def of(self, subject: str) -> Standing | None:
        """Return the standing of a subject."""
        kept = self.container.standings
        known = kept.get(subject)
        if known is not None:
            return known[0]
        begun = kept.begin()
        standing = await self.container.use(ReadStanding)(_ASKING, subject)
        kept.keep(subject, standing, begun)
        return standing

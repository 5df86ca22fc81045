"""Rate limits: how often somebody may ask within a window that slides.

Time is cut into slots, a tenth of the window each, and what was let through is counted by slot. A
request passes if the counts of its own slot and of the ten before it leave room. These eleven
always cover a whole window back from any instant of the newest, so that **no window of that
length, wherever it begins, ever holds more than the allowance**; the price is that a caller who
never pauses gets ten elevenths of it. Whole numbers only: an adapter that counts elsewhere (in
Redis, for all processes at once) comes to the very same verdicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import define, evolve, field, frozen

from scaicontrol_core.kernel.errors import Limited

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Slots of a window; one more than these is looked at.
SLOTS = 10
_MILLISECONDS = 1000


@frozen
class Allowance:
    """So many requests in any so many seconds. ``name`` tells policies apart, for callers and in numbers."""

    name: str
    requests: int
    seconds: int

    def __attrs_post_init__(self) -> None:
        """Refuse what would let nobody through, ever, or divides by nothing."""
        if self.requests < 1 or self.seconds < 1:
            raise ValueError("An allowance has at least one request and one second.")

    @property
    def slot(self) -> int:
        """How long a slot is, in milliseconds."""
        return self.seconds * _MILLISECONDS // SLOTS


@frozen
class Verdict:
    """Whether a request passes, how many more may follow at once, and in how many milliseconds more is let."""

    allowance: Allowance
    passes: bool
    remaining: int
    more_in: int

    @property
    def seconds(self) -> int:
        """When to come back, in whole seconds, never too early."""
        return max(1, -(-self.more_in // _MILLISECONDS))


class RateLimited(Limited):
    """Too many requests; ``retry_after`` says in how many seconds one is let again."""

    code = "rate_limited"

    def __init__(self, verdict: Verdict) -> None:
        allowance = verdict.allowance
        self.retry_after = verdict.seconds
        super().__init__(
            f"More than {allowance.requests} requests in {allowance.seconds} seconds ({allowance.name}).",
            hint=f"Wait {self.retry_after} seconds; the headers RateLimit and Retry-After say how things stand.",
        )


@frozen
class Counted:
    """What was let through, by number of the slot."""

    slots: Mapping[int, int] = field(factory=dict)


def judge(counted: Counted, allowance: Allowance, now: int) -> tuple[Counted, Verdict]:
    """Judge one request at ``now`` (milliseconds of any clock that does not go back).

    Returns what is counted afterwards, without the slots that no longer matter. A refused
    request is not counted: who keeps knocking is not kept out for longer.
    """
    current = now // allowance.slot
    slots = {number: count for number, count in counted.slots.items() if number >= current - SLOTS and count}
    spent = sum(slots.values())
    passes = spent < allowance.requests
    if passes:
        slots[current] = slots.get(current, 0) + 1
        spent += 1
    return evolve(counted, slots=slots), verdict(allowance, now, spent=spent, oldest=min(slots), passes=passes)


def verdict(allowance: Allowance, now: int, *, spent: int, oldest: int, passes: bool) -> Verdict:
    """Put counts into words; ``oldest`` is the slot that is forgotten first: when it goes, more is let."""
    more_in = (oldest + SLOTS + 1) * allowance.slot - now
    return Verdict(allowance, passes, max(0, allowance.requests - spent), more_in)


class RateLimiter(Protocol):
    """Counts what callers ask, by key. Never an obstacle itself: it always comes to a verdict."""

    async def take(self, key: str, allowance: Allowance) -> Verdict:
        """Judge one request of a caller, and count it if it passes."""
        ...


@define
class MemoryRateLimiter:
    """Counts within one process; ``now`` gives milliseconds. With too many callers it forgets who came first."""

    now: Callable[[], int]
    most: int = 50_000
    _counted: dict[tuple[str, Allowance], Counted] = field(factory=dict, init=False)

    async def take(self, key: str, allowance: Allowance) -> Verdict:
        """Judge one request."""
        place = key, allowance
        counted, found = judge(self._counted.pop(place, Counted()), allowance, self.now())
        # Whoever asked last stands last: the first to be forgotten is the one who has been silent longest.
        self._counted[place] = counted
        while len(self._counted) > self.most:
            del self._counted[next(iter(self._counted))]
        return found

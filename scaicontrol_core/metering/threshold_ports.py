"""The collection of thresholds reached, and of notes on usage that nobody has looked at yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.metering.threshold import UsageNote, UsageThreshold
from scaicontrol_core.metering.usage_event import UsageEvent


class UsageThresholds(Protocol):
    """Thresholds reached, each once, and the list of what is to be looked at.

    Whoever adds usage notes it in the same transaction; whoever looks takes the notes off first
    and reads the totals after. A note made meanwhile stays on the list or waits, so that no
    event is ever overlooked, whatever crashes.
    """

    async def note(self, events: Sequence[UsageEvent]) -> None:
        """Note subscriptions and days of events that were just stored, in the same transaction."""
        ...

    async def noted(self, *, limit: int) -> Sequence[UsageNote]:
        """Return up to ``limit`` notes, the oldest first."""
        ...

    async def take(self, notes: Sequence[UsageNote]) -> None:
        """Take notes off the list; waits for whoever is noting the same, whose usage is there to read then."""
        ...

    async def reached(self, subscription_ids: Collection[SubscriptionId], since: date) -> Sequence[UsageThreshold]:
        """Return the thresholds reached in periods that began on a day or later, by key."""
        ...

    async def add(self, thresholds: Sequence[UsageThreshold]) -> None:
        """Store thresholds and what they tell; raises ``Retryable`` if another was first with one of them."""
        ...

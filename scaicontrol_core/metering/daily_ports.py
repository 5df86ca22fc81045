"""The collection of days whose usage is to be told, and of those that were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.metering.daily import DayKey, DueDay, ToldDay


class UsageDays(Protocol):
    """Days to be told, and days told, each once per metric.

    Whoever tells takes the days off the list first and reads the totals after; a day that is put on
    the list meanwhile stays there or waits, so that no usage is ever overlooked, whatever crashes.
    """

    async def schedule(self, days: Sequence[DueDay]) -> None:
        """Put days on the list that are not there yet."""
        ...

    async def due(self, now: datetime, *, limit: int) -> Sequence[DueDay]:
        """Return up to ``limit`` days that are due, the longest due first."""
        ...

    async def take(self, days: Sequence[DueDay]) -> None:
        """Take days off the list; waits for whoever is putting the same there, whose usage is there to read then."""
        ...

    async def told(self, subscription_ids: Collection[SubscriptionId], since: date) -> Collection[DayKey]:
        """Return what was told of a day or later ones."""
        ...

    async def add(self, days: Sequence[ToldDay]) -> None:
        """Store days and what they tell, in this order; raises ``Retryable`` if another was first with one of them."""
        ...

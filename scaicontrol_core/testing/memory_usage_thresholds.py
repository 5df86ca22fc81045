"""Thresholds of quotas in memory, and the notes on usage to look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from attrs import evolve

from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.metering.threshold import ThresholdKey, UsageNote, UsageThreshold, notes_of
from scaicontrol_core.metering.usage_event import UsageEvent
from scaicontrol_core.testing.memory_store import Transaction


def _at_once() -> Retryable:
    return Retryable("Somebody else was at this usage at the same time.")


class MemoryUsageThresholds:
    """Thresholds within scope; a commit that took what was noted anew meanwhile is to be run again."""

    _REACHED, _NOTES = "usage_thresholds", "usage_notes"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def note(self, events: Sequence[UsageEvent]) -> None:
        """Note subscriptions and days of events that were just stored."""
        for note in notes_of(events):
            self._transaction.require_reach("note", partner_id=note.partner_id, tenant_id=note.tenant_id)
            known = self._transaction.row(self._NOTES, (note.subscription_id, note.day))
            # Written anew, so that whoever takes it meanwhile finds out at the commit.
            self._transaction.write(self._NOTES, (note.subscription_id, note.day), known or note)

    async def noted(self, *, limit: int) -> Sequence[UsageNote]:
        """Return up to ``limit`` notes, the oldest first."""
        rows: list[UsageNote] = [each for each in self._transaction.rows(self._NOTES) if self._sees(each)]
        return sorted(rows, key=lambda each: (each.noted_at, each.subscription_id, each.day))[:limit]

    async def take(self, notes: Sequence[UsageNote]) -> None:
        """Take notes off the list."""
        for note in notes:
            self._transaction.watch(self._NOTES, (note.subscription_id, note.day), _at_once)
            self._transaction.write(self._NOTES, (note.subscription_id, note.day), None)

    async def reached(self, subscription_ids: Collection[SubscriptionId], since: date) -> Sequence[UsageThreshold]:
        """Return the thresholds reached in periods that began on a day or later, by key."""
        rows: list[UsageThreshold] = self._transaction.rows(self._REACHED)
        found = [
            each
            for each in rows
            if each.key.subscription_id in subscription_ids and each.key.period_start >= since and self._sees(each)
        ]
        return sorted(found, key=lambda each: _order(each.key))

    async def add(self, thresholds: Sequence[UsageThreshold]) -> None:
        """Store thresholds and what they tell."""
        for each in thresholds:
            self._transaction.require_reach("threshold", partner_id=each.partner_id, tenant_id=each.tenant_id)
            if self._transaction.row(self._REACHED, each.key) is not None:
                raise _at_once()
            self._transaction.watch(self._REACHED, each.key, _at_once)
            self._transaction.record(each.collect_events(), 1)
            self._transaction.write(self._REACHED, each.key, evolve(each, told=None))

    def _sees(self, row: UsageNote | UsageThreshold) -> bool:
        return self._transaction.scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)


def _order(key: ThresholdKey) -> tuple[SubscriptionId, str, date, int]:
    return key.subscription_id, key.metric, key.period_start, key.percent

"""Days whose usage is to be told, and those told, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from attrs import evolve

from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.metering.daily import DayKey, DueDay, ToldDay
from scaicontrol_core.testing.memory_store import Transaction


def _at_once() -> Retryable:
    return Retryable("Somebody else was at this day at the same time.")


class MemoryUsageDays:
    """Days within scope; a commit that took what was put on the list anew meanwhile is to be run again."""

    _DUE, _TOLD = "usage_due_days", "usage_told_days"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def schedule(self, days: Sequence[DueDay]) -> None:
        """Put days on the list that are not there yet."""
        for each in days:
            self._transaction.require_reach("day", partner_id=each.partner_id, tenant_id=each.tenant_id)
            known = self._transaction.row(self._DUE, (each.subscription_id, each.day))
            # Written anew, so that whoever takes it meanwhile finds out at the commit.
            self._transaction.write(self._DUE, (each.subscription_id, each.day), known or each)

    async def due(self, now: datetime, *, limit: int) -> Sequence[DueDay]:
        """Return up to ``limit`` days that are due, the longest due first."""
        rows: list[DueDay] = [each for each in self._transaction.rows(self._DUE) if self._sees(each)]
        due = [each for each in rows if each.due_at <= now]
        return sorted(due, key=lambda each: (each.due_at, each.subscription_id, each.day))[:limit]

    async def take(self, days: Sequence[DueDay]) -> None:
        """Take days off the list."""
        for each in days:
            self._transaction.watch(self._DUE, (each.subscription_id, each.day), _at_once)
            self._transaction.write(self._DUE, (each.subscription_id, each.day), None)

    async def told(self, subscription_ids: Collection[SubscriptionId], since: date) -> Collection[DayKey]:
        """Return what was told of a day or later ones."""
        rows: list[ToldDay] = self._transaction.rows(self._TOLD)
        wanted = set(subscription_ids)
        return {
            each.key
            for each in rows
            if each.key.subscription_id in wanted and each.key.day >= since and self._sees(each)
        }

    async def add(self, days: Sequence[ToldDay]) -> None:
        """Store days and what they tell."""
        for each in days:
            self._transaction.require_reach("day", partner_id=each.partner_id, tenant_id=each.tenant_id)
            if self._transaction.row(self._TOLD, each.key) is not None:
                raise _at_once()
            self._transaction.watch(self._TOLD, each.key, _at_once)
            self._transaction.record(each.collect_events(), 1)
            self._transaction.write(self._TOLD, each.key, evolve(each, told=None))

    def _sees(self, row: DueDay | ToldDay) -> bool:
        return self._transaction.scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)

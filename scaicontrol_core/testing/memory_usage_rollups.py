"""Roll-ups of usage in memory: summed up anew from what each table holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import frozen

from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.metering.ports import TotalKey
from scaicontrol_core.metering.rollup import Bucket, OwnedRollup, Rollup, Total, by_day, by_hour, merge
from scaicontrol_core.metering.usage_event import UsageEvent
from scaicontrol_core.testing.memory_store import Transaction


@frozen
class SeenValue:
    """A distinct value of a day."""

    subscription_id: SubscriptionId
    metric: str
    day: date
    value_hash: str
    tenant_id: TenantId
    partner_id: PartnerId


class MemoryUsageRollups:
    """Roll-ups of the store; the closing that ingestion holds keeps two batches apart."""

    _DAILY, _HOURLY, _SEEN = "usage_rollups_daily", "usage_rollups_hourly", "usage_unique_values"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, events: Sequence[UsageEvent]) -> None:
        """Count events that were just stored."""
        for event in events:
            self._transaction.require_reach("rollup", partner_id=event.partner_id, tenant_id=event.tenant_id)
            if event.unique_value is not None:
                place = (event.subscription_id, event.metric, event.usage_day, event.unique_value)
                self._transaction.write(self._SEEN, place, SeenValue(*place, event.tenant_id, event.partner_id))
        for table, rolled in ((self._DAILY, by_day(events)), (self._HOURLY, by_hour(events))):
            for bucket, each in rolled.items():
                known = self._transaction.row(table, bucket)
                rollup = each.rollup if known is None else known.rollup.merged(each.rollup)
                self._transaction.write(table, bucket, OwnedRollup(bucket, rollup, each.tenant_id, each.partner_id))

    async def totals(self, subscription_ids: Collection[SubscriptionId], days: Period) -> Mapping[TotalKey, Total]:
        """Return what each metric came to over the days, by rate."""
        rolled: dict[TotalKey, list[Rollup]] = {}
        for each in await self.daily(subscription_ids, days):
            key = (each.bucket.subscription_id, each.bucket.metric, each.bucket.rate_key)
            rolled.setdefault(key, []).append(each.rollup)
        seen: dict[tuple[SubscriptionId, str], set[str]] = {}
        for value in self._seen(subscription_ids, days):
            seen.setdefault((value.subscription_id, value.metric), set()).add(value.value_hash)
        wholes = {key: merge(rollups) for key, rollups in rolled.items()}
        return {key: Total(whole, len(seen.get(key[:2], ()))) for key, whole in wholes.items() if whole is not None}

    async def daily(self, subscription_ids: Collection[SubscriptionId], days: Period) -> Sequence[OwnedRollup]:
        """Return the roll-ups of each day, in order."""
        return self._within(self._DAILY, subscription_ids, days.start, days.end)

    async def hourly(
        self, subscription_ids: Collection[SubscriptionId], start: datetime, end: datetime
    ) -> Sequence[OwnedRollup]:
        """Return the roll-ups of each hour, in order."""
        return self._within(self._HOURLY, subscription_ids, start, end)

    async def distinct(
        self, subscription_ids: Collection[SubscriptionId], days: Period
    ) -> Mapping[tuple[SubscriptionId, str, date], int]:
        """Return how many distinct values each metric had on each day."""
        counted: dict[tuple[SubscriptionId, str, date], int] = {}
        for value in self._seen(subscription_ids, days):
            place = value.subscription_id, value.metric, value.day
            counted[place] = counted.get(place, 0) + 1
        return counted

    async def clear(self, subscription_id: SubscriptionId) -> None:
        """Forget a subscription's roll-ups and distinct values."""
        for table in (self._DAILY, self._HOURLY):
            for each in self._transaction.rows(table):
                if each.bucket.subscription_id == subscription_id:
                    self._transaction.write(table, each.bucket, None)
        for value in self._transaction.rows(self._SEEN):
            if value.subscription_id == subscription_id:
                place = (value.subscription_id, value.metric, value.day, value.value_hash)
                self._transaction.write(self._SEEN, place, None)

    def _within(self, table: str, subscription_ids: Collection[SubscriptionId], start: Any, end: Any) -> list[Any]:
        found = [
            each
            for each in self._transaction.rows(table)
            if each.bucket.subscription_id in subscription_ids and start <= each.bucket.at < end and self._sees(each)
        ]
        return sorted(found, key=lambda each: _order(each.bucket))

    def _seen(self, subscription_ids: Collection[SubscriptionId], days: Period) -> list[SeenValue]:
        return [
            each
            for each in self._transaction.rows(self._SEEN)
            if each.subscription_id in subscription_ids and each.day in days and self._sees(each)
        ]

    def _sees(self, row: Any) -> bool:
        return self._transaction.scope.covers(partner_id=row.partner_id, tenant_id=row.tenant_id)


def _order(bucket: Bucket) -> tuple[Any, ...]:
    return bucket.subscription_id, bucket.metric, bucket.at, bucket.rate_key

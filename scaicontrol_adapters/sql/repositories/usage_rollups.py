"""Roll-ups of usage: by local day, by hour, and the distinct values of each day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, distinct, func, select

from scaicontrol_adapters.sql.repositories.base import MAX_IN_LIST
from scaicontrol_adapters.sql.rows.metering import UsageDayRow, UsageHourRow, UsageUniqueValueRow
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId, TenantId
from scaicontrol_core.metering.rollup import Bucket, OwnedRollup, Rollup, Total, by_day, by_hour, merge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import date, datetime

    from scaicontrol_adapters.sql.transaction import Transaction
    from scaicontrol_core.kernel.period import Period
    from scaicontrol_core.metering.ports import TotalKey
    from scaicontrol_core.metering.usage_event import UsageEvent

_VALUES = ("quantity_sum", "event_count", "quantity_max", "last_value", "last_at", "last_key")
_OWNERS = ("tenant_id", "partner_id")
_IDS: Any = bindparam("wanted_ids", expanding=True)
_START: Any = bindparam("wanted_start")
_END: Any = bindparam("wanted_end")


class _Buckets:
    """One of the two tables: its row class, and the column of the day or hour."""

    def __init__(self, row: Any, at: str) -> None:
        self.row, self.at = row, at
        self.key = ("subscription_id", "metric", at, "rate_key")
        self.names = (*self.key, *_VALUES, *_OWNERS)
        key = [getattr(row, name) for name in self.key]
        every = select(*(getattr(row, name) for name in self.names))
        place = getattr(row, at)
        self.within = every.where(row.subscription_id.in_(_IDS), place >= _START, place < _END).order_by(*key)
        self.these = every.where(
            row.subscription_id.in_(_IDS),
            row.metric.in_(bindparam("wanted_metrics", expanding=True)),
            place.in_(bindparam("wanted_places", expanding=True)),
        )
        self.gone = delete(row).where(row.subscription_id == bindparam("wanted_id"))

    def write(self, each: OwnedRollup) -> dict[str, Any]:
        """Return the row of a roll-up."""
        bucket, rollup = each.bucket, each.rollup
        key = (bucket.subscription_id, bucket.metric, bucket.at, bucket.rate_key)
        values = tuple(getattr(rollup, name) for name in _VALUES)
        return dict(zip(self.names, (*key, *values, each.tenant_id, each.partner_id), strict=True))

    def read(self, row: Any) -> OwnedRollup:
        """Return the roll-up of a row."""
        bucket = Bucket(SubscriptionId(row[0]), row[1], row[2], row[3])
        return OwnedRollup(bucket, Rollup(*row[4:10]), TenantId(row.tenant_id), PartnerId(row.partner_id))


_DAYS = _Buckets(UsageDayRow, "usage_day")
_HOURS = _Buckets(UsageHourRow, "hour")
_SEEN = UsageUniqueValueRow
_SEEN_WITHIN = (_SEEN.subscription_id.in_(_IDS), _SEEN.usage_day >= _START, _SEEN.usage_day < _END)
_DISTINCT = (
    select(_SEEN.subscription_id, _SEEN.metric, func.count(distinct(_SEEN.value_hash)))
    .where(*_SEEN_WITHIN)
    .group_by(_SEEN.subscription_id, _SEEN.metric)
)
_DISTINCT_DAILY = (
    select(_SEEN.subscription_id, _SEEN.metric, _SEEN.usage_day, func.count())
    .where(*_SEEN_WITHIN)
    .group_by(_SEEN.subscription_id, _SEEN.metric, _SEEN.usage_day)
)
_SEEN_GONE = delete(_SEEN).where(_SEEN.subscription_id == bindparam("wanted_id"))


class SqlUsageRollups:
    """Roll-ups within scope (port ``UsageRollups``)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, events: Sequence[UsageEvent]) -> None:
        """Count events that were just stored, in the same transaction."""
        await self._add(_DAYS, by_day(events))
        await self._add(_HOURS, by_hour(events))
        seen = {
            (event.subscription_id, event.metric, event.usage_day, event.unique_value): event
            for event in events
            if event.unique_value is not None
        }
        statement = self._transaction.dialect.insert_if_absent(_SEEN, *_SEEN_KEY)
        await self._transaction.upsert(statement, [_seen_row(seen[key]) for key in sorted(seen)])

    async def totals(self, subscription_ids: Collection[SubscriptionId], days: Period) -> Mapping[TotalKey, Total]:
        """Return what each metric came to over the days, by rate."""
        rolled: dict[TotalKey, list[Rollup]] = {}
        for each in await self.daily(subscription_ids, days):
            bucket = each.bucket
            rolled.setdefault((bucket.subscription_id, bucket.metric, bucket.rate_key), []).append(each.rollup)
        seen = {(row[0], row[1]): row[2] async for row in self._read(_DISTINCT, subscription_ids, days.start, days.end)}
        totals: dict[TotalKey, Total] = {}
        for key, rollups in rolled.items():
            whole = merge(rollups)
            if whole is not None:
                totals[key] = Total(whole, seen.get(key[:2], 0))
        return totals

    async def daily(self, subscription_ids: Collection[SubscriptionId], days: Period) -> Sequence[OwnedRollup]:
        """Return the roll-ups of each day, in order."""
        rows = self._read(_DAYS.within, subscription_ids, days.start, days.end)
        return [_DAYS.read(row) async for row in rows]

    async def hourly(
        self, subscription_ids: Collection[SubscriptionId], start: datetime, end: datetime
    ) -> Sequence[OwnedRollup]:
        """Return the roll-ups of each hour, in order."""
        return [_HOURS.read(row) async for row in self._read(_HOURS.within, subscription_ids, start, end)]

    async def distinct(
        self, subscription_ids: Collection[SubscriptionId], days: Period
    ) -> Mapping[tuple[SubscriptionId, str, date], int]:
        """Return how many distinct values each metric had on each day."""
        rows = self._read(_DISTINCT_DAILY, subscription_ids, days.start, days.end)
        return {(SubscriptionId(row[0]), row[1], row[2]): row[3] async for row in rows}

    async def clear(self, subscription_id: SubscriptionId) -> None:
        """Forget a subscription's roll-ups and distinct values."""
        for statement in (_DAYS.gone, _HOURS.gone, _SEEN_GONE):
            await self._transaction.update(statement, {"wanted_id": subscription_id})

    async def _add(self, table: _Buckets, rolled: Mapping[Bucket, OwnedRollup]) -> None:
        """Add in the order of the primary key: concurrent batches wait for each other in one direction only."""
        ordered = [rolled[bucket] for bucket in sorted(rolled, key=_order)]
        dialect = self._transaction.dialect
        if not dialect.adds_up:
            ordered = [each async for each in self._merged(table, ordered)]
        await self._transaction.upsert(dialect.add_up(table.row, table.key), [table.write(each) for each in ordered])

    async def _merged(self, table: _Buckets, rolled: Sequence[OwnedRollup]) -> AsyncIterator[OwnedRollup]:
        for start in range(0, len(rolled), MAX_IN_LIST):
            part = rolled[start : start + MAX_IN_LIST]
            wanted = {
                "wanted_ids": sorted({each.bucket.subscription_id for each in part}),
                "wanted_metrics": sorted({each.bucket.metric for each in part}),
                "wanted_places": sorted({each.bucket.at for each in part}),
            }
            rows = await self._transaction.execute(table.these, wanted)
            there = {(found := table.read(row)).bucket: found.rollup for row in rows}
            for each in part:
                known = there.get(each.bucket)
                rollup = each.rollup if known is None else known.merged(each.rollup)
                yield OwnedRollup(each.bucket, rollup, each.tenant_id, each.partner_id)

    async def _read(
        self, statement: Any, subscription_ids: Collection[SubscriptionId], start: Any, end: Any
    ) -> AsyncIterator[Any]:
        ordered = sorted(subscription_ids)
        for first in range(0, len(ordered), MAX_IN_LIST):
            part = ordered[first : first + MAX_IN_LIST]
            wanted = {"wanted_ids": part, "wanted_start": start, "wanted_end": end}
            for row in await self._transaction.execute(statement, wanted):
                yield row


_SEEN_KEY = ("subscription_id", "metric", "usage_day", "value_hash")


def _order(bucket: Bucket) -> tuple[Any, ...]:
    return bucket.subscription_id, bucket.metric, bucket.at, bucket.rate_key


def _seen_row(event: UsageEvent) -> dict[str, Any]:
    place = (event.subscription_id, event.metric, event.usage_day, event.unique_value)
    return dict(zip(_SEEN_KEY, place, strict=True)) | {"tenant_id": event.tenant_id, "partner_id": event.partner_id}

"""Roll-ups: many events as one small value, from which each of the five aggregations can be told.

Merging is associative and commutative: events may come in any order and in any grouping.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Self

from attrs import frozen

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId, TenantId
from scaicontrol_core.kernel.quantity import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaicontrol_core.metering.usage_event import UsageEvent


@frozen
class Rollup:
    """At least one event, summed up.

    The latest event is the one that occurred last; of several at one instant, the one with the
    greatest key. ``last_at`` is UTC.
    """

    quantity_sum: Decimal
    event_count: int
    quantity_max: Decimal
    last_value: Decimal
    last_at: datetime
    last_key: str

    @classmethod
    def of(cls, *events: UsageEvent) -> Self:
        """Return the roll-up of one event or more."""
        latest = max(events, key=_when)
        quantities = [event.quantity for event in events]
        return cls(
            reduce(EXACT.add, quantities),
            len(events),
            max(quantities),
            latest.quantity,
            latest.occurred_at,
            latest.idempotency_key,
        )

    def merged(self, other: Rollup) -> Rollup:
        """Return the roll-up of the events of both."""
        latest = self if (self.last_at, self.last_key) >= (other.last_at, other.last_key) else other
        return Rollup(
            EXACT.add(self.quantity_sum, other.quantity_sum),
            self.event_count + other.event_count,
            max(self.quantity_max, other.quantity_max),
            latest.last_value,
            latest.last_at,
            latest.last_key,
        )


@frozen
class Total:
    """What a metric came to over some days: its roll-up, and how many distinct values there were."""

    rollup: Rollup
    distinct: int = 0

    def quantity(self, aggregation: Aggregation) -> Decimal:
        """Return the quantity by the metric's aggregation; corrections may bring it below zero."""
        match aggregation:
            case Aggregation.SUM:
                return self.rollup.quantity_sum
            case Aggregation.COUNT:
                return Decimal(self.rollup.event_count)
            case Aggregation.MAX:
                return self.rollup.quantity_max
            case Aggregation.LAST:
                return self.rollup.last_value
            case Aggregation.UNIQUE_COUNT:
                return Decimal(self.distinct)


@frozen
class Bucket:
    """Whose roll-up it is, of what, and when: ``at`` is a local day, or the start of an hour (UTC).

    ``rate_key`` tells the rates of a cost-based plan apart; it is empty where the plan's own
    prices count.
    """

    subscription_id: SubscriptionId
    metric: str
    at: date | datetime
    rate_key: str


@frozen
class OwnedRollup:
    """A bucket's roll-up, with its owners."""

    bucket: Bucket
    rollup: Rollup
    tenant_id: TenantId
    partner_id: PartnerId


def by_day(events: Iterable[UsageEvent]) -> Mapping[Bucket, OwnedRollup]:
    """Sum events up by local day."""
    return _rolled((event.usage_day, event) for event in events)


def by_hour(events: Iterable[UsageEvent]) -> Mapping[Bucket, OwnedRollup]:
    """Sum events up by hour (UTC)."""
    return _rolled((hour_of(event.occurred_at), event) for event in events)


def hour_of(instant: datetime) -> datetime:
    """Return the start of an instant's hour."""
    return instant.replace(minute=0, second=0, microsecond=0)


def merge(rollups: Iterable[Rollup]) -> Rollup | None:
    """Return the roll-up of all of them; None of none."""
    merged: Rollup | None = None
    for each in rollups:
        merged = each if merged is None else merged.merged(each)
    return merged


def _rolled(events: Iterable[tuple[date | datetime, UsageEvent]]) -> Mapping[Bucket, OwnedRollup]:
    """Sum up whole groups: thousands of events come at once, and each is touched as little as can be."""
    groups: defaultdict[tuple[SubscriptionId, str, date | datetime, str], list[UsageEvent]] = defaultdict(list)
    for at, event in events:
        groups[event.subscription_id, event.metric, at, event.rate_key].append(event)
    return {
        Bucket(*group): OwnedRollup(Bucket(*group), Rollup.of(*own), own[0].tenant_id, own[0].partner_id)
        for group, own in groups.items()
    }


def _when(event: UsageEvent) -> tuple[datetime, str]:
    return event.occurred_at, event.idempotency_key

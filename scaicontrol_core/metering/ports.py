"""What metering needs of the outside: its collections, and what it must know of subscriptions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from attrs import field, frozen

from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.service import Service
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Period, local_date
from scaicontrol_core.metering.daily_ports import UsageDays
from scaicontrol_core.metering.rollup import OwnedRollup, Total
from scaicontrol_core.metering.threshold_ports import UsageThresholds
from scaicontrol_core.metering.usage_event import UsageEvent

#: Days for which a sender's keys are remembered.
KEYS_KEPT = 90
#: A subscription, its metric, and the rate key of what was reported ('' where the plan's prices count).
TotalKey = tuple[SubscriptionId, str, str]
#: An event's place among its subscription's: local day, metric, key.
EventPlace = tuple[date, str, str]


class Calendar(Protocol):
    """A subscription's billing calendar, in local days of its seller."""

    def period_on(self, day: date) -> Period | None:
        """Return the last period that began on or before the day, or None before the first."""
        ...

    def period_end_after(self, day: date) -> date:
        """Return when the period running on the day ends: the next day on which one begins."""
        ...


@frozen(kw_only=True)
class MeteredSubscription:
    """What metering knows of a subscription, of whatever status.

    ``timezone`` and ``grace_hours`` are its seller's. ``begins_on`` is its first local day,
    ``ended_at`` the instant it was over. ``closed_until`` is the first day whose usage has not
    been billed. Without a calendar (a trial) no period ends before ``open_until``, if given.
    ``billable_rate`` is what a unit of each cost-based metric costs if it is reported now.
    """

    id: SubscriptionId
    partner_id: PartnerId
    tenant_id: TenantId
    service_id: ServiceId
    plan_id: PlanId
    timezone: str
    begins_on: date
    ended_at: datetime | None = None
    calendar: Calendar | None = None
    open_until: date | None = None
    grace_hours: int = 72
    billable_rate: Mapping[str, Decimal] = field(factory=dict)

    def day_of(self, instant: datetime) -> date:
        """Return the local day that an instant counts for."""
        return local_date(instant, self.timezone)

    def was_live(self, instant: datetime) -> bool:
        """Tell whether usage of that instant is this subscription's."""
        return self.begins_on <= self.day_of(instant) and (self.ended_at is None or instant < self.ended_at)

    def period_end(self, day: date) -> date | None:
        """Return the first day after the period of a day; None if nothing ends it."""
        ends = self.calendar.period_end_after(day) if self.calendar else self.open_until
        return ends if ends is not None and ends > day else None

    def running(self, day: date) -> tuple[date, date | None]:
        """Return first day and end of the period that runs on a day: what its quotas are for.

        No end where none is known yet; a trial runs from its first day.
        """
        ends = self.period_end(day)
        last = self.calendar.period_on(day) if self.calendar else None
        if last is None:
            return min(self.begins_on, day), ends
        return (last.start if day in last else last.end), ends


class Owned(Protocol):
    """A subscription as far as its closing needs it."""

    @property
    def id(self) -> SubscriptionId:
        """Its id."""
        ...

    @property
    def tenant_id(self) -> TenantId:
        """Its owner."""
        ...

    @property
    def partner_id(self) -> PartnerId:
        """Its owner's partner."""
        ...


class MeteredSubscriptions(Protocol):
    """Read access to tenants and subscriptions, as far as usage needs them; subscriptions are for the platform."""

    async def existing_tenants(self, tenant_ids: Collection[TenantId]) -> Collection[TenantId]:
        """Return those of the ids that exist within scope."""
        ...

    async def by_reference(
        self, references: Collection[str], partner_id: PartnerId | None
    ) -> Mapping[str, Sequence[TenantId]]:
        """Return the tenants of each external reference: of that partner, or of all of them."""
        ...

    async def of_tenants(
        self, tenant_ids: Collection[TenantId], service_ids: Collection[ServiceId]
    ) -> Sequence[MeteredSubscription]:
        """Return all subscriptions, past ones too, of these tenants to these services, ordered by id."""
        ...


class UsageEvents(Protocol):
    """Everything reported that counts. Append-only."""

    async def known(self, keys: Collection[tuple[ServiceId, str]]) -> Mapping[tuple[ServiceId, str], str]:
        """Return the content hash of each of the keys that was accepted in the last 90 days."""
        ...

    async def add(self, events: Sequence[UsageEvent]) -> None:
        """Store events and their keys.

        Raises ``Retryable`` if another transaction stored one of the keys meanwhile: run again,
        the judgement finds it known.
        """
        ...

    async def kept(self, events: Sequence[UsageEvent]) -> Collection[tuple[ServiceId, str]]:
        """Return the keys of those that are stored already: the same subscription, day, metric and key.

        For events so old that their keys may be forgotten.
        """
        ...

    async def of(
        self, subscription: Owned, services: Sequence[Service], after: EventPlace | None, *, limit: int
    ) -> Sequence[UsageEvent]:
        """Return up to ``limit`` events of a subscription after a place, in order; ``content_hash`` is empty.

        ``services`` tell what distinct values are.
        """
        ...

    async def forget_keys(self, before: datetime, *, limit: int) -> int:
        """Delete up to ``limit`` keys received before an instant; return how many. The events stay."""
        ...

    async def keep_ahead(self, today: date, *, months: int) -> int:
        """Make sure that partitions reach ``months`` ahead, where the database has any; return how many were made."""
        ...


class UsageClosings(Protocol):
    """Until when each subscription's usage has been billed, and the lock between billing and ingestion.

    Whoever bills closes first and reads the totals after, in one transaction; whoever adds
    usage holds the closing meanwhile. So no event lands in what was read.
    """

    async def hold(self, subscriptions: Sequence[Owned]) -> Mapping[SubscriptionId, date]:
        """Return the first unbilled day of each one that was ever closed; none closes before this commits."""
        ...

    async def alone(self, *subscriptions: Owned) -> None:
        """Wait for those who hold any of them, and let nobody hold one before this commits."""
        ...

    async def known(self, after: SubscriptionId | None, *, limit: int) -> Sequence[Owned]:
        """Return up to ``limit`` subscriptions that ever had usage, by id, after one."""
        ...

    async def close_many(self, until: Sequence[tuple[Owned, date]]) -> None:
        """Close those that this has ``alone``, in one go."""
        ...

    async def close(self, subscription: Owned, until: date) -> None:
        """Let no usage of days before ``until`` in any more; waits for those who hold it. Never moves back."""
        ...


class UsageRollups(Protocol):
    """Events per metric, summed up by hour and local day while they come in."""

    async def add(self, events: Sequence[UsageEvent]) -> None:
        """Count events that were just stored, in the same transaction."""
        ...

    async def totals(self, subscription_ids: Collection[SubscriptionId], days: Period) -> Mapping[TotalKey, Total]:
        """Return what each metric came to over the days, by rate; nothing for a metric without usage.

        Distinct values are counted once over all the days and rates.
        """
        ...

    async def daily(self, subscription_ids: Collection[SubscriptionId], days: Period) -> Sequence[OwnedRollup]:
        """Return the roll-ups of each day, by subscription, metric, day and rate."""
        ...

    async def hourly(
        self, subscription_ids: Collection[SubscriptionId], start: datetime, end: datetime
    ) -> Sequence[OwnedRollup]:
        """Return the roll-ups of each hour from ``start`` up to ``end`` (UTC), in the same order."""
        ...

    async def distinct(
        self, subscription_ids: Collection[SubscriptionId], days: Period
    ) -> Mapping[tuple[SubscriptionId, str, date], int]:
        """Return how many distinct values each metric had on each day, where it had any."""
        ...

    async def clear(self, subscription_id: SubscriptionId) -> None:
        """Forget a subscription's roll-ups and distinct values, to be added anew from its events."""
        ...


class MeteringWork(CatalogWork, Protocol):
    """A unit of work over usage."""

    @property
    def metered(self) -> MeteredSubscriptions:
        """The subscriptions, as far as usage needs them."""
        ...

    @property
    def usage_events(self) -> UsageEvents:
        """The events."""
        ...

    @property
    def usage_closings(self) -> UsageClosings:
        """The closings."""
        ...

    @property
    def usage_rollups(self) -> UsageRollups:
        """What events add up to."""
        ...

    @property
    def usage_thresholds(self) -> UsageThresholds:
        """What was reached of quotas."""
        ...

    @property
    def usage_days(self) -> UsageDays:
        """The days to tell of, and those told."""
        ...

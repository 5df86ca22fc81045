"""Look at usage that has come in: which thresholds of quotas it has reached, and which days are to be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.metering.charting import quantities
from scaicontrol_core.metering.daily import DueDay
from scaicontrol_core.metering.ports import MeteringWork
from scaicontrol_core.metering.threshold import (
    ThresholdKey,
    UsageThreshold,
    UsageThresholdReached,
    percents_reached,
)
from scaicontrol_core.metering.usage_series import quota_of

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Metric, Service
    from scaicontrol_core.kernel.ids import SubscriptionId
    from scaicontrol_core.metering.ports import MeteredSubscription
    from scaicontrol_core.metering.threshold import UsageNote

#: Notes looked at in one transaction.
SLICE = 200


@frozen
class Watched:
    """What was done. ``is_done`` is False while notes may be left."""

    notes: int
    reached: int

    @property
    def is_done(self) -> bool:
        """Tell whether nothing was left to look at."""
        return self.notes < SLICE


@frozen
class WatchUsage:
    """Take a slice of notes, have their days told in time, and keep each threshold that was reached with its event.

    Once per subscription, metric, period and percentage, whoever looks and however often. A
    period that ended longer ago than its seller waits for late usage has its thresholds kept,
    but nobody is told any more: a history that moves in must not warn of last year.
    """

    work: UnitOfWorkFactory[MeteringWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> Watched:
        """Look at one slice; run again until it is done."""
        actor.require(Permission.ADMIN_USAGE)
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            notes = await work.usage_thresholds.noted(limit=SLICE)
        if not notes:
            return Watched(0, 0)
        async with self.work.begin(actor) as work:
            # First the notes, then the totals: usage that commits in between is noted again.
            await work.usage_thresholds.take(notes)
            watched = await _watched(work, notes)
            # Each day noted is one to be told, once it is over.
            await work.usage_days.schedule([DueDay.of(subscription, note.day) for note, subscription, *_ in watched])
            standings = _standings(watched, self.clock.now())
            reached = await _reached(work, standings)
            await work.usage_thresholds.add(reached)
            await work.commit()
        return Watched(len(notes), len(reached))


@frozen
class _Standing:
    """A subscription in one of its periods: the days that count, and what they are measured by."""

    subscription: MeteredSubscription
    service: Service
    plan: Plan
    start: date
    end: date | None
    days: Period
    now: datetime

    def reached(self, used: Mapping[str, Decimal], known: Collection[ThresholdKey]) -> Iterator[UsageThreshold]:
        for metric in self.service.metrics:
            quota, quantity = quota_of(self.plan.quotas, metric.slug), used.get(metric.slug)
            if quota is None or quantity is None:
                continue
            for percent in percents_reached(quantity, quota):
                if ThresholdKey(self.subscription.id, metric.slug, self.start, percent) not in known:
                    told = self._told(metric, percent, quota, quantity)
                    yield UsageThreshold.reach(told, announce=self._concerns_anybody)

    @property
    def _concerns_anybody(self) -> bool:
        waited = timedelta(hours=self.subscription.grace_hours)
        return self.end is None or self.subscription.day_of(self.now - waited) <= self.end

    def _told(self, metric: Metric, percent: int, quota: int, used: Decimal) -> UsageThresholdReached:
        subscription = self.subscription
        return UsageThresholdReached(
            resource_id=subscription.id,
            partner_id=subscription.partner_id,
            tenant_id=subscription.tenant_id,
            subscription_id=subscription.id,
            service_id=self.service.id,
            service=self.service.slug,
            plan_id=self.plan.id,
            plan_key=self.plan.plan_key,
            metric=metric.slug,
            unit=metric.unit,
            aggregation=metric.aggregation,
            percent=percent,
            quota=quota,
            used=used,
            period_start=self.start,
            period_end=self.end,
            reached_at=self.now,
        )


_Watched = tuple["UsageNote", "MeteredSubscription", "Service", "Plan"]


async def _watched(work: MeteringWork, notes: Sequence[UsageNote]) -> Sequence[_Watched]:
    """Return each note with the subscription it is about."""
    services = {each.id: each for each in await work.services.all()}
    found = await work.metered.of_tenants({note.tenant_id for note in notes}, list(services))
    subscriptions = {each.id: each for each in found}
    plans = await work.plans.get_many(sorted({each.plan_id for each in found}))
    known = [(note, subscriptions[note.subscription_id]) for note in notes if note.subscription_id in subscriptions]
    return [
        (note, subscription, services[subscription.service_id], plans[subscription.plan_id])
        for note, subscription in known
        if subscription.plan_id in plans
    ]


def _standings(watched: Sequence[_Watched], now: datetime) -> Sequence[_Standing]:
    """Return each subscription and period that a note is about, where there is a quota to reach."""
    standings: dict[tuple[SubscriptionId, date], _Standing] = {}
    for note, subscription, service, plan in watched:
        if any(quota_of(plan.quotas, metric.slug) for metric in service.metrics):
            start, end = subscription.running(note.day)
            last = end or max(note.day, subscription.day_of(now)) + timedelta(days=1)
            standings[subscription.id, start] = _Standing(
                subscription, service, plan, start, end, Period(start, last), now
            )
    return list(standings.values())


async def _reached(work: MeteringWork, standings: Sequence[_Standing]) -> list[UsageThreshold]:
    """Return what is reached and was not before; one read of totals for all that have the same days."""
    if not standings:
        return []
    ids = {each.subscription.id for each in standings}
    earlier = await work.usage_thresholds.reached(ids, min(each.start for each in standings))
    known = {each.key for each in earlier}
    by_days: dict[Period, list[_Standing]] = {}
    for each in standings:
        by_days.setdefault(each.days, []).append(each)
    reached: list[UsageThreshold] = []
    for days, together in by_days.items():
        totals = await work.usage_rollups.totals([each.subscription.id for each in together], days)
        for each in together:
            reached += each.reached(quantities(totals, each.subscription.id, each.service), known)
    return reached

"""Tell what was used each day, once the day is over and what comes late has been waited for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.metering.daily import (
    DailyUsage,
    DayKey,
    DueDay,
    ToldDay,
    days_so_far,
    first_open_day,
    nothing,
    used_bp,
)
from scaicontrol_core.metering.ports import MeteringWork
from scaicontrol_core.metering.rollup import Total
from scaicontrol_core.metering.usage_series import quota_of

if TYPE_CHECKING:
    from decimal import Decimal

    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Metric, Service
    from scaicontrol_core.kernel.ids import SubscriptionId
    from scaicontrol_core.metering.ports import MeteredSubscription
    from scaicontrol_core.metering.rollup import OwnedRollup, Rollup

#: Days taken off the list in one transaction, and what is told in it at most.
SLICE = 200
MOST = 1000
_A_DAY = timedelta(days=1)


@frozen
class DailyTold:
    """What was done. ``is_done`` is False while days that are due may be left."""

    days: int
    told: int
    is_done: bool


@frozen
class TellDailyUsage:
    """Take a slice of days that are due and tell each metric's, in one transaction.

    In a period with usage every day is told from a metric's first use on, those without use too; each once,
    whoever tells and however often. Usage that comes after its day was told shows in the period's quantity
    from the next day told on. Past periods are told as well: a history that moves in has its days.
    """

    work: UnitOfWorkFactory[MeteringWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> DailyTold:
        """Tell one slice; run again until it is done."""
        actor.require(Permission.ADMIN_USAGE)
        actor.require_platform()
        now = self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            due = await work.usage_days.due(now, limit=SLICE)
        if not due:
            return DailyTold(0, 0, is_done=True)
        async with self.work.begin(actor) as work:
            # First the list, then the totals: usage that commits in between puts its day there again.
            await work.usage_days.take(due)
            told, later = await _slice(work, due, now)
            await work.usage_days.add(told)
            await work.usage_days.schedule(later)
            await work.commit()
        return DailyTold(len(due), len(told), is_done=len(due) < SLICE and all(each.due_at > now for each in later))


@frozen
class _Stretch:
    """The days of a subscription's period that are due, and what they are measured by."""

    subscription: MeteredSubscription
    service: Service
    plan: Plan
    start: date
    end: date | None
    days: Period

    @property
    def goes_on(self) -> bool:
        """Whether the day after is the same period's."""
        ended = self.subscription.ended_at
        last = None if ended is None else self.subscription.day_of(ended) + _A_DAY
        return all(each is None or self.days.end < each for each in (self.end, last))

    def told(self, metric: Metric, day: date, quantity: Decimal | None, so_far: Decimal, now: datetime) -> ToldDay:
        subscription, quota = self.subscription, quota_of(self.plan.quotas, metric.slug)
        event = DailyUsage(
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
            day=day,
            quantity=quantity,
            period_quantity=so_far,
            quota=quota,
            quota_used_bp=used_bp(so_far, quota),
            period_start=self.start,
            period_end=self.end,
            as_of=now,
        )
        return ToldDay.of(event)


@frozen
class _Untold:
    """A metric's day that is to be told: its own roll-up, and that of the period until its end."""

    stretch: _Stretch
    metric: Metric
    day: date
    own: Rollup | None
    so_far: Rollup

    @property
    def place(self) -> tuple[date, SubscriptionId, str]:
        return self.day, self.stretch.subscription.id, self.metric.slug


async def _slice(
    work: MeteringWork, due: Sequence[DueDay], now: datetime
) -> tuple[Sequence[ToldDay], Sequence[DueDay]]:
    """Return what is to be told of the days and of those before them, and the days to come back to."""
    stretches, later = await _stretches(work, due, now)
    untold: list[_Untold] = []
    if stretches:
        ids = {each.subscription.id for each in stretches}
        known = await work.usage_days.told(ids, min(each.start for each in stretches))
        by_days: dict[Period, list[_Stretch]] = {}
        for each in stretches:
            by_days.setdefault(each.days, []).append(each)
        for days, together in by_days.items():
            rollups = _by_metric(await work.usage_rollups.daily([each.subscription.id for each in together], days))
            used = {owner for owner, _ in rollups}
            for stretch in together:
                untold += _untold(stretch, rollups, known)
                if stretch.goes_on and stretch.subscription.id in used:
                    later.append(DueDay.of(stretch.subscription, days.end))
    ordered = sorted(untold, key=lambda each: each.place)
    # The rest of a long history waits for the next transaction, period by period.
    left: dict[tuple[SubscriptionId, date], DueDay] = {}
    for rest in ordered[MOST:]:
        subscription = rest.stretch.subscription
        left.setdefault((subscription.id, rest.stretch.start), DueDay.of(subscription, rest.day))
    return await _told(work, ordered[:MOST], now), [*later, *left.values()]


async def _stretches(
    work: MeteringWork, due: Sequence[DueDay], now: datetime
) -> tuple[Sequence[_Stretch], list[DueDay]]:
    """Return each subscription and period that a day lies in, and the days that are not due after all."""
    services = {each.id: each for each in await work.services.all()}
    found = await work.metered.of_tenants({each.tenant_id for each in due}, list(services))
    subscriptions = {each.id: each for each in found}
    plans = await work.plans.get_many(sorted({each.plan_id for each in found}))
    stretches: dict[tuple[SubscriptionId, date], _Stretch] = {}
    later: list[DueDay] = []
    for each in due:
        subscription = subscriptions.get(each.subscription_id)
        if subscription is None or subscription.plan_id not in plans:
            continue
        moved, stop = DueDay.of(subscription, each.day), first_open_day(subscription, now)
        if moved.due_at > now:
            later.append(moved)  # its seller waits longer than when it was put on the list
        elif each.day < stop:
            start, end = subscription.running(each.day)
            days = Period(start, stop if end is None else min(stop, end))
            service, plan = services[subscription.service_id], plans[subscription.plan_id]
            stretches[subscription.id, start] = _Stretch(subscription, service, plan, start, end, days)
    return list(stretches.values()), later


_ByMetric = Mapping[tuple["SubscriptionId", str], Mapping[date, "Rollup"]]


def _by_metric(found: Sequence[OwnedRollup]) -> _ByMetric:
    """Return the roll-ups of each metric by day, all rates together."""
    rollups: dict[tuple[SubscriptionId, str], dict[date, Rollup]] = {}
    for each in found:
        days = rollups.setdefault((each.bucket.subscription_id, each.bucket.metric), {})
        known = days.get(each.bucket.at)
        days[each.bucket.at] = each.rollup if known is None else known.merged(each.rollup)
    return rollups


def _untold(stretch: _Stretch, rollups: _ByMetric, known: Collection[DayKey]) -> Iterator[_Untold]:
    owner = stretch.subscription.id
    for metric in stretch.service.metrics:
        for day, own, so_far in days_so_far(rollups.get((owner, metric.slug), {}), stretch.days.end):
            if DayKey(owner, metric.slug, day) not in known:
                yield _Untold(stretch, metric, day, own, so_far)


async def _told(work: MeteringWork, untold: Sequence[_Untold], now: datetime) -> Sequence[ToldDay]:
    """Return what is told; distinct values are counted over each day and over the period until its end."""
    on_days, until_days = await _distinct(work, untold)
    told: list[ToldDay] = []
    for each in untold:
        aggregation, place = each.metric.aggregation, (each.stretch.subscription.id, each.metric.slug, each.day)
        own = None if each.own is None else Total(each.own, on_days.get(place, 0))
        quantity = nothing(aggregation) if own is None else own.quantity(aggregation)
        so_far = Total(each.so_far, until_days.get(place, 0)).quantity(aggregation)
        told.append(each.stretch.told(each.metric, each.day, quantity, so_far, now))
    return told


_Counts = Mapping[tuple["SubscriptionId", str, date], int]


async def _distinct(work: MeteringWork, untold: Sequence[_Untold]) -> tuple[_Counts, _Counts]:
    """Return how many distinct values there were on each day, and in its period until its end."""
    wanted: dict[Period, set[SubscriptionId]] = {}
    for each in untold:
        if each.metric.aggregation is Aggregation.UNIQUE_COUNT:
            days = Period(each.stretch.start, each.day + _A_DAY)
            wanted.setdefault(days, set()).add(each.stretch.subscription.id)
    on_days: dict[tuple[SubscriptionId, str, date], int] = {}
    until_days: dict[tuple[SubscriptionId, str, date], int] = {}
    for days, ids in wanted.items():
        on_days |= await work.usage_rollups.distinct(ids, Period(days.last_day, days.end))
        for (owner, metric, _rate), total in (await work.usage_rollups.totals(ids, days)).items():
            until_days[owner, metric, days.last_day] = total.distinct
    return on_days, until_days

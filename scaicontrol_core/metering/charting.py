"""Series and sums of one subscription's usage, out of its roll-ups: all rates of a metric together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from scaicontrol_core.catalog.service import Aggregation, Metric, Service
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.period import Period, add_months, start_of_day
from scaicontrol_core.metering.ports import MeteredSubscription, MeteringWork, TotalKey, UsageRollups
from scaicontrol_core.metering.rollup import OwnedRollup, Rollup, Total
from scaicontrol_core.metering.usage_series import Granularity, Point

_Rolled = Mapping[tuple[str, date | datetime], Rollup]


async def used_within(
    rollups: UsageRollups, subscription: MeteredSubscription, service: Service, days: Period
) -> Mapping[str, Decimal]:
    """Return what each metric came to over the days; nothing for a metric without usage."""
    return quantities(await rollups.totals([subscription.id], days), subscription.id, service)


def quantities(
    totals: Mapping[TotalKey, Total], subscription_id: SubscriptionId, service: Service
) -> Mapping[str, Decimal]:
    """Return what each metric of one subscription came to, out of the totals of many."""
    by_metric: dict[str, list[Total]] = {}
    for (owner, metric, _rate), total in totals.items():
        if owner == subscription_id:
            by_metric.setdefault(metric, []).append(total)
    return {
        metric.slug: _joined(by_metric[metric.slug]).quantity(metric.aggregation)
        for metric in service.metrics
        if metric.slug in by_metric
    }


async def series(
    work: MeteringWork, by: Granularity, days: Period, subscription: MeteredSubscription, service: Service
) -> Mapping[str, Sequence[Point]]:
    """Return the points of each metric over the days; none where nothing was reported.

    Distinct values are known by the day: such a metric has no points by the hour.
    """
    if by is Granularity.MONTH:
        return await _monthly(work.usage_rollups, days, subscription, service)
    if by is Granularity.DAY:
        rolled = _rolled(await work.usage_rollups.daily([subscription.id], days))
        seen = await work.usage_rollups.distinct([subscription.id], days)
        distinct = {(metric, day): count for (_, metric, day), count in seen.items()}
        return _points(service.metrics, rolled, distinct)
    start, end = (start_of_day(day, subscription.timezone) for day in (days.start, days.end))
    rolled = _rolled(await work.usage_rollups.hourly([subscription.id], start, end))
    quantities = [each for each in service.metrics if each.aggregation is not Aggregation.UNIQUE_COUNT]
    return _points(quantities, rolled, {})


async def _monthly(
    rollups: UsageRollups, days: Period, subscription: MeteredSubscription, service: Service
) -> Mapping[str, Sequence[Point]]:
    points: dict[str, list[Point]] = {}
    first = days.start.replace(day=1)
    while first < days.end:
        following = add_months(first, 1)
        month = Period(max(first, days.start), min(following, days.end))
        for metric, quantity in (await used_within(rollups, subscription, service, month)).items():
            points.setdefault(metric, []).append(Point(first, quantity))
        first = following
    return points


def _rolled(found: Iterable[OwnedRollup]) -> _Rolled:
    rolled: dict[tuple[str, date | datetime], Rollup] = {}
    for each in found:
        place = each.bucket.metric, each.bucket.at
        known = rolled.get(place)
        rolled[place] = each.rollup if known is None else known.merged(each.rollup)
    return rolled


def _points(
    metrics: Iterable[Metric], rolled: _Rolled, distinct: Mapping[tuple[str, date], int]
) -> Mapping[str, Sequence[Point]]:
    chosen = {metric.slug: metric.aggregation for metric in metrics}
    points: dict[str, list[Point]] = {}
    for metric, at in sorted(rolled):
        if metric in chosen:
            total = Total(rolled[metric, at], distinct.get((metric, at), 0))
            points.setdefault(metric, []).append(Point(at, total.quantity(chosen[metric])))
    return points


def _joined(totals: Sequence[Total]) -> Total:
    """Return one total of all rates, at least one; distinct values were counted over all of them."""
    whole = totals[0].rollup
    for total in totals[1:]:
        whole = whole.merged(total.rollup)
    return Total(whole, totals[0].distinct)

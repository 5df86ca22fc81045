"""Usage in arrears: which periods are billed with their usage, and the lines that charge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from scaicontrol_core.billing.charges import Charge
from scaicontrol_core.billing.drafting import Known, Sold, sold_in
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.catalog.service import Aggregation, Metric
from scaicontrol_core.kernel.ids import LineId, SubscriptionId
from scaicontrol_core.kernel.period import local_date, start_of_day
from scaicontrol_core.kernel.quantity import Quantity, plain
from scaicontrol_core.metering.rating import RatedTier, rate, rate_at
from scaicontrol_core.metering.rollup import Total, merge
from scaicontrol_core.subscriptions.schedule import DuePeriod
from scaicontrol_core.subscriptions.terms import OwedUsage, waits_until

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.usage_pricing import UsagePrices
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.subscriptions.subscription import Subscription
    from scaicontrol_core.tenancy.seller import PartnerConfiguration

#: What each metric came to in one period, by rate key.
UsedInPeriod: TypeAlias = Mapping[str, Mapping[str, Total]]
#: The same of many periods, by subscription and ordinal.
Used: TypeAlias = Mapping[tuple[SubscriptionId, int], UsedInPeriod]
#: Aggregations that don't add up over rates: their quantity is charged once.
_WHOLE = (Aggregation.MAX, Aggregation.LAST, Aggregation.UNIQUE_COUNT)


@frozen(kw_only=True)
class OwedPeriod:
    """A period to charge in advance, and its usage, if that will be charged when it is over."""

    due: DuePeriod
    sold: Sold
    usage: OwedUsage | None


@frozen(kw_only=True)
class Owing:
    """What one subscription owes by a day, adjustments aside: periods in advance, usage in arrears."""

    periods: tuple[OwedPeriod, ...]
    usage: tuple[OwedUsage, ...]


def owing(subscription: Subscription, known: Known, seller: PartnerConfiguration, cutoff: date) -> Owing:
    """Return what is to be charged by the cutoff; ``NotFound`` for a plan or service that is gone.

    A period waits for the usage of the one before it, so that both stand on one invoice.
    """
    waiting = list(subscription.usage_to_bill)
    periods: list[OwedPeriod] = []
    schedule = subscription.schedule
    if schedule is not None and subscription.pack_subscription_id is None:
        for due in schedule.due(cutoff):
            if waits_until(due.charged.start, waiting) > cutoff:
                break
            sold = sold_in(subscription, due, known, seller.billing_timezone)
            usage = owed_usage(subscription, sold.plan, due, seller) if sold.cadence.recurs else None
            if usage is not None:
                waiting.append(usage.within(schedule.until))
            periods.append(OwedPeriod(due=due, sold=sold, usage=usage))
    return Owing(periods=tuple(periods), usage=tuple(usage for usage in waiting if usage.due_on <= cutoff))


def owed_usage(
    subscription: Subscription, plan: Plan, due: DuePeriod, seller: PartnerConfiguration
) -> OwedUsage | None:
    """Return the usage that goes with a period, if the plan charged any when it began."""
    if not plan.charges_usage(subscription.priced_at(due.charged.start, seller.billing_timezone)):
        return None
    days = due.charged
    return OwedUsage(
        ordinal=due.ordinal,
        plan_id=plan.id,
        plan_key=plan.plan_key,
        start=days.start,
        end=days.end,
        grace_days=_grace_days(days.end, seller),
    )


def usage_charge(
    subscription: Subscription,
    owed: OwedUsage,
    used: UsedInPeriod,
    known: Known,
    seller: PartnerConfiguration,
    ids: Ids,
) -> Charge:
    """Return the charge of a period's usage, at the prices of when the period began.

    A line for each bracket that was reached; nothing for a metric that comes to nothing, unless
    the seller shows that too.
    """
    plan, service = known.plan(owed.plan_id), known.service(subscription.service_id)
    prices = plan.usage_prices_at(subscription.priced_at(owed.start, seller.billing_timezone))
    lines = tuple(
        InvoiceLine(
            id=LineId(ids.new("lin")),
            description=f"{service.name} {plan.name}: {_shown(metric, part)}",
            quantity=Quantity(part.quantity),
            unit_price=part.unit_price,
            period=owed.period,
            plan_key=owed.plan_key,
            subscription_id=subscription.id,
        )
        for metric in service.metrics
        for part in _parts(metric, used.get(metric.slug, {}), prices, zero_lines=seller.zero_amount_invoices)
    )
    return Charge(
        subscription=subscription,
        owed=owed,
        line=None,
        usage_lines=lines,
        net_cents=sum(line.net_cents for line in lines),
        currency=prices.currency,
    )


def _grace_days(ends: date, seller: PartnerConfiguration) -> int:
    """Return how many days after a period's end nothing of it comes in any more."""
    closes = start_of_day(ends, seller.billing_timezone) + timedelta(hours=seller.usage_grace_hours)
    day = local_date(closes, seller.billing_timezone)
    if start_of_day(day, seller.billing_timezone) < closes:
        day += timedelta(days=1)
    return (day - ends).days


def _parts(
    metric: Metric, totals: Mapping[str, Total], prices: UsagePrices, *, zero_lines: bool
) -> Iterator[RatedTier]:
    """Yield what each bracket, and each rate of a cost-based plan, takes of a metric's quantity."""
    for rate_key, quantity in _quantities(metric, totals):
        priced = rate_at(Decimal(rate_key), quantity) if rate_key else rate(prices.of(metric.slug), quantity)
        if zero_lines or any(part.cents for part in priced):
            yield from priced


def _quantities(metric: Metric, totals: Mapping[str, Total]) -> Sequence[tuple[str, Decimal]]:
    """Return the quantity of each rate; one that does not add up has the rate of the latest event."""
    whole = merge(total.rollup for total in totals.values())
    if whole is None:
        return ()
    if metric.aggregation not in _WHOLE:
        return [(key, totals[key].quantity(metric.aggregation)) for key in sorted(totals)]
    latest = max(totals, key=lambda key: (totals[key].rollup.last_at, totals[key].rollup.last_key))
    return [(latest, Total(whole, totals[latest].distinct).quantity(metric.aggregation))]


def _shown(metric: Metric, part: RatedTier) -> str:
    """Name the metric, its unit and the bracket, which has no name where it is the only one."""
    name = f"{metric.slug} ({metric.unit})" if metric.unit else metric.slug
    tier = part.tier
    if tier is None or (tier.tier_start == 0 and tier.tier_end is None):
        return name
    return f"{name} {plain(Decimal(tier.tier_start))}" + (f"–{tier.tier_end}" if tier.tier_end is not None else "+")

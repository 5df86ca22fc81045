"""Usage day by day: what a metric came to on a local day and in its period so far, told once when the day is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

from attrs import field, frozen

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import start_of_day

if TYPE_CHECKING:
    from scaicontrol_core.metering.ports import MeteredSubscription
    from scaicontrol_core.metering.rollup import Rollup

#: Aggregations that come to nothing on a day without reports; a greatest and a latest quantity there is none of.
_COUNTED = (Aggregation.SUM, Aggregation.COUNT, Aggregation.UNIQUE_COUNT)
_WHOLE_BP = 10_000
_A_DAY = timedelta(days=1)


@frozen(kw_only=True)
class DailyUsage(Event):
    """What a metric came to on a local day, and in its period up to the end of that day.

    ``quota`` is that of the instant (None: unlimited); ``quota_used_bp`` is the period's quantity in basis
    points of it. ``quantity`` is None where nothing was reported that day and the metric is a
    greatest or a latest quantity. Local days; ``period_end`` is exclusive, None if no end is known.
    """

    action: ClassVar[str] = "usage.daily"
    topic: ClassVar[str | None] = "usage.daily.v1"
    resource_type: ClassVar[str] = "usage"

    subscription_id: SubscriptionId
    service_id: ServiceId
    service: str
    plan_id: PlanId
    plan_key: str
    metric: str
    unit: str | None
    aggregation: Aggregation
    day: date
    quantity: Decimal | None
    period_quantity: Decimal
    quota: int | None
    quota_used_bp: int | None
    period_start: date
    period_end: date | None
    as_of: datetime

    @property
    def idempotency_key(self) -> str:
        """Name all that it is said once for."""
        return f"usage:{self.resource_id}:daily:{self.metric}:{self.day}"


@frozen
class DayKey:
    """What a day is told once for."""

    subscription_id: SubscriptionId
    metric: str
    day: date


@frozen(kw_only=True)
class ToldDay:
    """A metric's day that was told; ``told`` while it is being told."""

    key: DayKey
    tenant_id: TenantId
    partner_id: PartnerId
    told_at: datetime
    told: DailyUsage | None = field(default=None, eq=False)

    @classmethod
    def of(cls, told: DailyUsage) -> Self:
        """Return the day that an event tells of."""
        return cls(
            key=DayKey(told.subscription_id, told.metric, told.day),
            tenant_id=TenantId(told.tenant_id or ""),
            partner_id=PartnerId(told.partner_id or ""),
            told_at=told.as_of,
            told=told,
        )

    def collect_events(self) -> tuple[Event, ...]:
        """Return what there is to tell."""
        return () if self.told is None else (self.told,)


@frozen
class DueDay:
    """A local day of a subscription whose usage is to be told, and from which instant on (UTC)."""

    subscription_id: SubscriptionId
    day: date
    due_at: datetime
    tenant_id: TenantId
    partner_id: PartnerId

    @classmethod
    def of(cls, subscription: MeteredSubscription, day: date) -> Self:
        """Return a day, due once it is over and its seller has waited for what comes late."""
        over = start_of_day(day + _A_DAY, subscription.timezone)
        due_at = over + timedelta(hours=subscription.grace_hours)
        return cls(subscription.id, day, due_at, subscription.tenant_id, subscription.partner_id)


def first_open_day(subscription: MeteredSubscription, now: datetime) -> date:
    """Return the first day that is not due yet; after its last day nothing of a subscription ever is."""
    waited = subscription.day_of(now - timedelta(hours=subscription.grace_hours))
    if subscription.ended_at is None:
        return waited
    return min(waited, subscription.day_of(subscription.ended_at) + _A_DAY)


def days_so_far(rollups: Mapping[date, Rollup], end: date) -> Iterator[tuple[date, Rollup | None, Rollup]]:
    """Yield each day before ``end``, from the first with usage on: its own roll-up, and that of all so far."""
    if not rollups:
        return
    day = min(rollups)
    so_far = rollups[day]
    while day < end:
        own = rollups.get(day)
        if own is not None and day > min(rollups):
            so_far = so_far.merged(own)
        yield day, own, so_far
        day += _A_DAY


def nothing(aggregation: Aggregation) -> Decimal | None:
    """Return what a day without any report came to."""
    return Decimal(0) if aggregation in _COUNTED else None


def used_bp(used: Decimal, quota: int | None) -> int | None:
    """Return a quantity in basis points of a quota, rounded half away from zero; None of an unlimited one."""
    if quota is None:
        return None
    parts = Fraction(used) * _WHOLE_BP / quota
    return round_half_away(parts.numerator, parts.denominator)

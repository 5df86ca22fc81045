"""Thresholds of a quota: reached once per subscription, metric, period and percentage, and told once."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Self

from attrs import field, frozen

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.quantity import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaicontrol_core.metering.usage_event import UsageEvent

#: Per cent of a quota that are told, from low to high.
PERCENTS = (80, 100)
_WHOLE = 100


@frozen(kw_only=True)
class UsageThresholdReached(Event):
    """Usage reached 80 or 100 per cent of a quota: said once per subscription, metric and period.

    ``quota`` and ``used`` are those of the instant; corrections may bring ``used`` below again.
    Local days; ``period_end`` is exclusive, None if no end is known.
    """

    action: ClassVar[str] = "usage.threshold_reached"
    topic: ClassVar[str | None] = "usage.threshold_reached.v1"
    resource_type: ClassVar[str] = "usage"

    subscription_id: SubscriptionId
    service_id: ServiceId
    service: str
    plan_id: PlanId
    plan_key: str
    metric: str
    unit: str | None
    aggregation: Aggregation
    percent: int
    quota: int
    used: Decimal
    period_start: date
    period_end: date | None
    reached_at: datetime

    @property
    def idempotency_key(self) -> str:
        """Name all that it is said once for."""
        place = f"{self.metric}:{self.period_start}:{self.percent}"
        return f"usage:{self.resource_id}:threshold_reached:{place}"


@frozen
class ThresholdKey:
    """What a threshold is reached once for; the period by its first local day."""

    subscription_id: SubscriptionId
    metric: str
    period_start: date
    percent: int


@frozen(kw_only=True)
class UsageThreshold:
    """A threshold that was reached, under the quota of that instant; ``told`` while nobody was told yet."""

    key: ThresholdKey
    tenant_id: TenantId
    partner_id: PartnerId
    quota: int
    used: Decimal
    reached_at: datetime
    told: UsageThresholdReached | None = field(default=None, eq=False)

    @classmethod
    def reach(cls, told: UsageThresholdReached, *, announce: bool) -> Self:
        """Return the threshold that an event tells of; without ``announce`` nobody hears of it."""
        return cls(
            key=ThresholdKey(told.subscription_id, told.metric, told.period_start, told.percent),
            tenant_id=TenantId(told.tenant_id or ""),
            partner_id=PartnerId(told.partner_id or ""),
            quota=told.quota,
            used=told.used,
            reached_at=told.reached_at,
            told=told if announce else None,
        )

    def collect_events(self) -> tuple[Event, ...]:
        """Return what there is to tell."""
        return () if self.told is None else (self.told,)


@frozen
class UsageNote:
    """A note that a subscription's usage of a local day has changed, and may have reached something."""

    subscription_id: SubscriptionId
    day: date
    tenant_id: TenantId
    partner_id: PartnerId
    noted_at: datetime


def notes_of(events: Iterable[UsageEvent]) -> list[UsageNote]:
    """Return one note per subscription and day of the events, in the order of their keys."""
    found: dict[tuple[SubscriptionId, date], UsageEvent] = {}
    for event in events:
        found.setdefault((event.subscription_id, event.usage_day), event)
    return [
        UsageNote(key[0], key[1], found[key].tenant_id, found[key].partner_id, found[key].received_at)
        for key in sorted(found)
    ]


def percents_reached(used: Decimal, quota: int) -> tuple[int, ...]:
    """Return the percentages of a quota that a quantity has reached, from low to high."""
    parts = EXACT.multiply(used, Decimal(_WHOLE))
    return tuple(percent for percent in PERCENTS if parts >= quota * percent)

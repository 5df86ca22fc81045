"""What is told of usage."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from attrs import frozen

from scaicontrol_core.delivery.payloads.payload import Payload


@frozen(kw_only=True)
class UsageThresholdReached(Payload):
    """So many per cent of a quota were used: said once per subscription, metric and period."""

    subscription_id: str
    service_id: str
    service: Annotated[str, "The service's slug."]
    plan_id: str
    plan_key: str
    metric: str
    unit: str | None
    aggregation: str
    percent: int
    quota: int
    used: Decimal
    period_start: date
    period_end: Annotated[date | None, "The first day that no longer belongs to the period; null if no end is known."]
    reached_at: datetime


@frozen(kw_only=True)
class DailyUsage(Payload):
    """What a metric came to on a day, and in its period up to the end of that day."""

    subscription_id: str
    service_id: str
    service: Annotated[str, "The service's slug."]
    plan_id: str
    plan_key: str
    metric: str
    unit: str | None
    aggregation: str
    day: date
    quantity: Annotated[
        Decimal | None, "Of the day; null if nothing was reported and the metric is a greatest or a latest quantity."
    ]
    period_quantity: Annotated[Decimal, "Of the period from its first day to the end of this day, as of `as_of`."]
    quota: Annotated[int | None, "What the plan includes in a period; null: unlimited."]
    quota_used_bp: Annotated[int | None, "The period's quantity in basis points of the quota: 8041 is 80.41 per cent."]
    period_start: date
    period_end: Annotated[date | None, "The first day that no longer belongs to the period; null if no end is known."]
    as_of: Annotated[datetime, "When it was told: what was reported later is not in it."]

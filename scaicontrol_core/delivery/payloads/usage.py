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

"""Usage events: what a sender said (``ReportedUsage``), and what is kept of it (``UsageEvent``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from attrs import field, frozen

from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.ids import PartnerId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.quantity import plain


@frozen(kw_only=True)
class ReportedUsage:
    """A report as it was read: well formed, not judged yet.

    ``tenant`` is the tenant's id, or its external reference where the batch says so.
    ``service`` is a slug; a service's own token needs none. ``occurred_at`` is UTC.
    """

    idempotency_key: str
    tenant: str
    metric: str
    quantity: Decimal
    occurred_at: datetime
    service: str | None = None
    subscription_id: SubscriptionId | None = None
    properties: Mapping[str, Any] = field(factory=dict)
    correction: bool = False

    def content_hash(self, tenant_id: TenantId) -> str:
        """Return the sha256 (hex) of what was said, however it was written: ``1.50`` is ``1.5``, any zone is UTC."""
        said = [
            tenant_id,
            self.metric,
            plain(self.quantity),
            rfc3339(self.occurred_at),
            self.subscription_id,
            self.correction,
            dict(self.properties),
        ]
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()


@frozen(kw_only=True)
class UsageEvent:
    """A report that counts, kept as it came: never changed, corrected only by another event.

    ``usage_day`` is the local date in the seller's billing zone: periods are made of such
    days. ``billable_rate`` is the rate of a cost-based plan when the event came in, in cents
    a unit. ``received_at`` is UTC.
    """

    service_id: ServiceId
    idempotency_key: str
    partner_id: PartnerId
    tenant_id: TenantId
    subscription_id: SubscriptionId
    metric: str
    quantity: Decimal
    occurred_at: datetime
    usage_day: date
    received_at: datetime
    content_hash: str
    properties: Mapping[str, Any] = field(factory=dict)
    correction: bool = False
    billable_rate: Decimal | None = None
    unique_value: str | None = None
    """What a metric of distinct values tells apart: its text, hashed; None for all other metrics."""

    @property
    def key(self) -> tuple[ServiceId, str]:
        """What makes it this event: the service and the sender's key."""
        return self.service_id, self.idempotency_key

    @property
    def place(self) -> tuple[date, str, str]:
        """Where it stands among its subscription's: local day, metric, key."""
        return self.usage_day, self.metric, self.idempotency_key

    @property
    def rate_key(self) -> str:
        """The rate as roll-ups tell it apart; empty where the plan's own prices count."""
        return "" if self.billable_rate is None else plain(self.billable_rate)

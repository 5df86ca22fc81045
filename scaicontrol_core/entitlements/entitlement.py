"""What a tenant may use of a service: the values of the answer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from scaicontrol_core.catalog.service import Aggregation
from scaicontrol_core.kernel.ids import PackSubscriptionId, PlanId, SubscriptionId, TenantId
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus

#: In these the service works; past due it goes on while payment is sought.
SERVING = frozenset(
    {
        SubscriptionStatus.TRIALING,
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.PAST_DUE,
        SubscriptionStatus.CANCELLING,
    }
)


class Refusal(StrEnum):
    """Why a tenant is not entitled."""

    NO_SUBSCRIPTION = "no_subscription"
    PENDING = "pending"
    SUSPENDED = "suspended"


@frozen(kw_only=True)
class QuotaStanding:
    """One metric in the period that runs; ``quota`` None is unlimited. ``reached`` are per cent of the quota."""

    metric: str
    unit: str | None
    aggregation: Aggregation
    quota: int | None
    used: Decimal
    reached: tuple[int, ...] = ()

    @property
    def remaining(self) -> Decimal | None:
        """What is left of the quota, never below zero."""
        return None if self.quota is None else max(Decimal(0), self.quota - self.used)


@frozen(kw_only=True)
class EntitledSubscription:
    """One live subscription, as a service needs to know it.

    Days are local to the seller, ``period_end`` is exclusive and None if no end is known.
    ``limits`` are the plan's quotas of what is no metric (seats, projects); what is not there is
    unlimited. ``features`` are the plan's, as the catalogue has them.
    """

    subscription_id: SubscriptionId
    status: SubscriptionStatus
    plan_id: PlanId
    plan_key: str
    quantity: int
    pack_subscription_id: PackSubscriptionId | None
    trial_ends_at: datetime | None
    cancels_at: datetime | None
    period_start: date
    period_end: date | None
    features: dict[str, Any] = field(factory=dict)
    limits: dict[str, int] = field(factory=dict)
    metrics: tuple[QuotaStanding, ...] = ()

    @property
    def is_serving(self) -> bool:
        """Tell whether the service works for it."""
        return self.status in SERVING


@frozen(kw_only=True)
class Entitlement:
    """What a tenant may use of one service; ``subscriptions`` has those that serve first, the oldest before."""

    tenant_id: TenantId
    service: str
    subscriptions: tuple[EntitledSubscription, ...] = ()

    @property
    def entitled(self) -> bool:
        """Tell whether the tenant may use the service."""
        return self.refusal is None

    @property
    def refusal(self) -> Refusal | None:
        """Say why not."""
        first = self.foremost
        if first is None:
            return Refusal.NO_SUBSCRIPTION
        if first.is_serving:
            return None
        return Refusal.PENDING if first.status is SubscriptionStatus.PENDING else Refusal.SUSPENDED

    @property
    def foremost(self) -> EntitledSubscription | None:
        """The one that decides; the only one, unless the service allows several."""
        return self.subscriptions[0] if self.subscriptions else None

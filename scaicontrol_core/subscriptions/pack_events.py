"""Events of pack subscriptions: the world hears of the pack, never of its children."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PlanId, ServiceId, SubscriptionId


@frozen(kw_only=True)
class PackIncludes:
    """One service of a pack: the plan, and the subscription that carries its quotas."""

    service_id: ServiceId
    plan_id: PlanId
    plan_key: str
    subscription_id: SubscriptionId


@frozen(kw_only=True)
class PackSubscriptionEvent(Event):
    """What every event of a pack subscription tells. Minor units, instants in UTC, dates local to the seller."""

    resource_type: ClassVar[str] = "pack_subscription"

    pack_subscription_id: str
    pack_id: str
    pack_slug: str
    status: str
    price_cents: int
    currency: str
    current_period_start: date | None
    current_period_end: date | None
    trial_ends_at: datetime | None
    pack_includes: tuple[PackIncludes, ...]


@frozen(kw_only=True)
class PackSubscriptionActivated(PackSubscriptionEvent):
    """First entry of trialing or active: once."""

    action: ClassVar[str] = "pack_subscription.activated"
    topic: ClassVar[str | None] = "pack_subscription.activated.v1"

    activated_at: datetime


@frozen(kw_only=True)
class PackSubscriptionChanged(PackSubscriptionEvent):
    """Status, items or dates changed; ``change_kind`` says what happened."""

    action: ClassVar[str] = "pack_subscription.changed"
    topic: ClassVar[str | None] = "pack_subscription.changed.v1"

    change_kind: str
    previous: dict[str, object]
    changed_fields: tuple[str, ...]

    @property
    def idempotency_key(self) -> str:
        """Name the kind too: one call may make several moves."""
        return f"pack_subscription:{self.resource_id}:changed:{self.ordinal}:{self.change_kind}"


@frozen(kw_only=True)
class PackSubscriptionCancelled(PackSubscriptionEvent):
    """It is over, and so is all that it includes."""

    action: ClassVar[str] = "pack_subscription.cancelled"
    topic: ClassVar[str | None] = "pack_subscription.cancelled.v1"

    cancelled_at: datetime
    reason: str | None


@frozen(kw_only=True)
class PackSubscriptionStayedPastDue(PackSubscriptionEvent):
    """An invoice failed or was settled, and another one is still unpaid; only the audit log needs it."""

    action: ClassVar[str] = "pack_subscription.stayed_past_due"


@frozen(kw_only=True)
class PackSubscriptionRenewed(PackSubscriptionEvent):
    """Another period of the same pack began; only the audit log needs it."""

    action: ClassVar[str] = "pack_subscription.renewed"


@frozen(kw_only=True)
class PackSubscriptionBilled(Event):
    """Periods were put on an invoice; only the audit log needs it."""

    action: ClassVar[str] = "pack_subscription.billed"
    resource_type: ClassVar[str] = "pack_subscription"

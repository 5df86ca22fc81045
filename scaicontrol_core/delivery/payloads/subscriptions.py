"""What is told of subscriptions: what a service grants or refuses by it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from attrs import frozen

from scaicontrol_core.delivery.payloads.payload import Payload


@frozen(kw_only=True)
class SubscriptionTold(Payload):
    """What every event of a subscription tells."""

    subscription_id: str
    service_id: str
    plan_id: str
    plan_key: Annotated[str, "Service and plan, as in scaikey.pro."]
    status: Annotated[str, "The subscription's state after the change."]
    quantity: Annotated[int, "Seats."]
    mrr_amount_cents: Annotated[int, "What recurs in a month at the plan's price of today, net."]
    currency: str
    current_period_start: date | None
    current_period_end: Annotated[date | None, "The first day that no longer belongs to the period."]
    trial_ends_at: datetime | None


@frozen(kw_only=True)
class SubscriptionActivated(SubscriptionTold):
    """Grant what the plan includes."""

    activated_at: datetime


@frozen(kw_only=True)
class SubscriptionChanged(SubscriptionTold):
    """Grant what the plan includes now."""

    change_kind: Annotated[str, "What happened: upgraded, downgraded, renewed, cancellation_scheduled and the like."]
    previous: Annotated[dict[str, object], "The changed fields as they were before."]
    changed_fields: tuple[str, ...]


@frozen(kw_only=True)
class SubscriptionSuspended(SubscriptionTold):
    """Refuse work until it resumes."""

    reason: str | None
    resumes_at: datetime | None


@frozen(kw_only=True)
class SubscriptionResumed(SubscriptionTold):
    """Serve again."""


@frozen(kw_only=True)
class SubscriptionPaymentFailed(SubscriptionTold):
    """Money is owed since then."""

    past_due_since: datetime


@frozen(kw_only=True)
class SubscriptionTrialEnding(SubscriptionTold):
    """A trial ends in so many days."""

    days_left: int
    threshold_days: Annotated[int, "Which of the notices this is: 7, 3 or 1 days before the end."]
    trial_ends_on: date


@frozen(kw_only=True)
class SubscriptionCancelled(SubscriptionTold):
    """Revoke what the plan included."""

    terminal_state: Annotated[str, "cancelled or expired."]
    cancelled_at: datetime
    reason: str | None


@frozen(kw_only=True)
class PackIncludes:
    """One service of a pack: the plan, and the subscription that carries its quotas."""

    service_id: str
    plan_id: str
    plan_key: str
    subscription_id: str


@frozen(kw_only=True)
class PackSubscriptionTold(Payload):
    """What every event of a pack subscription tells."""

    pack_subscription_id: str
    pack_id: str
    pack_slug: str
    status: str
    price_cents: int
    currency: str
    current_period_start: date | None
    current_period_end: date | None
    trial_ends_at: datetime | None
    pack_includes: Annotated[tuple[PackIncludes, ...], "All services of the pack: nothing else is told of these."]


@frozen(kw_only=True)
class PackSubscriptionActivated(PackSubscriptionTold):
    """Grant what all the included plans include."""

    activated_at: datetime


@frozen(kw_only=True)
class PackSubscriptionChanged(PackSubscriptionTold):
    """Grant what the included plans include now."""

    change_kind: Annotated[str, "What happened: items_changed, suspended, resumed and the like."]
    previous: Annotated[dict[str, object], "The changed fields as they were before."]
    changed_fields: tuple[str, ...]


@frozen(kw_only=True)
class PackSubscriptionCancelled(PackSubscriptionTold):
    """Revoke what the included plans included."""

    cancelled_at: datetime
    reason: str | None

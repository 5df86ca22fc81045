"""Subscription events, each a snapshot complete enough to act on without a call back."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class SubscriptionEvent(Event):
    """What every subscription event tells. Money in cents, instants in UTC, dates local to the seller."""

    resource_type: ClassVar[str] = "subscription"

    subscription_id: str
    service_id: str
    plan_id: str
    plan_key: str
    status: str
    quantity: int
    mrr_amount_cents: int
    currency: str
    current_period_start: date | None
    current_period_end: date | None
    trial_ends_at: datetime | None


@frozen(kw_only=True)
class SubscriptionCreated(SubscriptionEvent):
    """A pending subscription was written down; only the audit log needs it."""

    action: ClassVar[str] = "subscription.created"


@frozen(kw_only=True)
class SubscriptionActivated(SubscriptionEvent):
    """First entry of trialing or active: once in a subscription's life."""

    action: ClassVar[str] = "subscription.activated"
    topic: ClassVar[str | None] = "subscription.activated.v1"

    activated_at: datetime


@frozen(kw_only=True)
class SubscriptionChanged(SubscriptionEvent):
    """Plan, status or schedule changed; ``change_kind`` says which."""

    action: ClassVar[str] = "subscription.changed"
    topic: ClassVar[str | None] = "subscription.changed.v1"

    change_kind: str
    previous: dict[str, object]
    changed_fields: tuple[str, ...]

    @property
    def idempotency_key(self) -> str:
        """Name the kind too: one call may change plan and status."""
        return f"subscription:{self.resource_id}:changed:{self.ordinal}:{self.change_kind}"


@frozen(kw_only=True)
class SubscriptionSuspended(SubscriptionEvent):
    """The service should refuse work from now on."""

    action: ClassVar[str] = "subscription.suspended"
    topic: ClassVar[str | None] = "subscription.suspended.v1"

    reason: str | None
    resumes_at: datetime | None = None


@frozen(kw_only=True)
class SubscriptionResumed(SubscriptionEvent):
    """A suspended subscription serves again."""

    action: ClassVar[str] = "subscription.resumed"
    topic: ClassVar[str | None] = "subscription.resumed.v1"


@frozen(kw_only=True)
class SubscriptionPaymentFailed(SubscriptionEvent):
    """A scheduled payment failed; the subscription is past due."""

    action: ClassVar[str] = "subscription.payment_failed"
    topic: ClassVar[str | None] = "subscription.payment_failed.v1"

    past_due_since: datetime


@frozen(kw_only=True)
class SubscriptionStayedPastDue(SubscriptionEvent):
    """An invoice failed or was settled, and another one is still unpaid; only the audit log needs it."""

    action: ClassVar[str] = "subscription.stayed_past_due"


@frozen(kw_only=True)
class SubscriptionTrialEnding(SubscriptionEvent):
    """A trial ends soon: said once at 7, 3 and 1 days; ``days_left`` counts local days."""

    action: ClassVar[str] = "subscription.trial_ending"
    topic: ClassVar[str | None] = "subscription.trial_ending.v1"

    days_left: int
    threshold_days: int
    trial_ends_on: date

    @property
    def idempotency_key(self) -> str:
        """Name the end and the threshold: a longer trial is announced anew."""
        return f"subscription:{self.resource_id}:trial_ending:{self.trial_ends_on}:{self.threshold_days}"


@frozen(kw_only=True)
class SubscriptionImported(SubscriptionEvent):
    """A subscription that lives already was taken over from another system; only the audit log needs it."""

    action: ClassVar[str] = "subscription.imported"

    billed_until: date | None


@frozen(kw_only=True)
class SubscriptionRateRefreshed(SubscriptionEvent):
    """Usage reported from now on has another rate; only the audit log needs it."""

    action: ClassVar[str] = "subscription.rate_refreshed"


@frozen(kw_only=True)
class SubscriptionMirrored(SubscriptionEvent):
    """A child followed its pack; the world hears of the pack alone, the audit log of both."""

    action: ClassVar[str] = "subscription.mirrored"


@frozen(kw_only=True)
class SubscriptionCancelled(SubscriptionEvent):
    """The end: entitlements are revoked. ``terminal_state`` is ``cancelled`` or ``expired``."""

    action: ClassVar[str] = "subscription.cancelled"
    topic: ClassVar[str | None] = "subscription.cancelled.v1"

    terminal_state: str
    cancelled_at: datetime
    reason: str | None


@frozen(kw_only=True)
class SubscriptionBilled(Event):
    """Periods were put on an invoice; only the audit log needs it."""

    action: ClassVar[str] = "subscription.billed"
    resource_type: ClassVar[str] = "subscription"

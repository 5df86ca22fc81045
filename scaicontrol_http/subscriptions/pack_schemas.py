"""Bodies and answers of subscriptions to packs."""

from __future__ import annotations

from datetime import date, datetime

from scaicontrol_core.subscriptions.pack_events import PackIncludes
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_http.requests import Answer, Body


class SubscribePackBody(Body):
    """Whom an administrator subscribes to a pack."""

    tenant_id: str


class PackIncludesAnswer(Answer):
    """One service of a pack: the plan, and the subscription that carries its quotas."""

    service_id: str
    plan_id: str
    plan_key: str
    subscription_id: str

    @classmethod
    def of(cls, it: PackIncludes) -> PackIncludesAnswer:
        """Show a member."""
        return cls(
            service_id=it.service_id, plan_id=it.plan_id, plan_key=it.plan_key, subscription_id=it.subscription_id
        )


class PackSubscriptionAnswer(Answer):
    """A subscription to a pack, what it includes, and the states it may move to."""

    id: str
    partner_id: str
    tenant_id: str
    pack_id: str
    pack_slug: str
    status: str
    price_cents: int
    currency: str
    starts_on: date
    current_period_start: date | None
    current_period_end: date | None
    next_billing_on: date | None
    trial_ends_at: datetime | None
    pending_cancellation_at: datetime | None
    past_due_since: datetime | None
    activated_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None
    suspension_reason: str | None
    pack_includes: list[PackIncludesAnswer]
    allowed_moves: list[str]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, it: PackSubscription) -> PackSubscriptionAnswer:
        """Show a pack subscription."""
        period = it.current_period
        return cls(
            id=it.id,
            partner_id=it.partner_id,
            tenant_id=it.tenant_id,
            pack_id=it.pack_id,
            pack_slug=it.pack_slug,
            status=it.status.value,
            price_cents=it.price_cents,
            currency=it.currency,
            starts_on=it.starts_on,
            current_period_start=period.start if period else None,
            current_period_end=period.end if period else None,
            next_billing_on=it.next_billing_on,
            trial_ends_at=it.trial_ends_at,
            pending_cancellation_at=it.pending_cancellation_at,
            past_due_since=it.past_due_since,
            activated_at=it.activated_at,
            cancelled_at=it.cancelled_at,
            cancellation_reason=it.cancellation_reason,
            suspension_reason=it.suspension_reason,
            pack_includes=[PackIncludesAnswer.of(each) for each in it.members],
            allowed_moves=[move.value for move in it.allowed_moves()],
            created_at=it.created_at,
            version=it.version,
        )

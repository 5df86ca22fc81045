"""Bodies and answers of subscriptions. Instants are UTC; periods are the seller's local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from msgspec import field

from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_http.requests import Answer, Body


class SubscribeBody(Body):
    """What a tenant subscribes itself to."""

    plan_key: str
    quantity: int = 1


class NewSubscriptionBody(SubscribeBody, kw_only=True):
    """A subscription an administrator makes; ``start_date`` may lie in the past."""

    tenant_id: str
    start_date: date | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class CancelBody(Body):
    """How to cancel: at the end of the period, or at once."""

    immediate: bool = False
    reason: str | None = None


class SuspendBody(Body):
    """Why to suspend."""

    reason: str | None = None


class OverrideBody(Body):
    """What to set by hand; at least one of the two."""

    plan_key: str | None = None
    status: str | None = None


class SubscriptionAnswer(Answer):
    """A subscription, and the states it may move to."""

    id: str
    partner_id: str
    tenant_id: str
    service_id: str
    plan_id: str
    plan_key: str
    status: str
    quantity: int
    starts_on: date
    billing_anchor: date | None
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
    term_ends_at: datetime | None
    metadata: dict[str, Any]
    allowed_moves: list[str]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, it: Subscription) -> SubscriptionAnswer:
        """Show a subscription."""
        period = it.current_period
        return cls(
            id=it.id,
            partner_id=it.partner_id,
            tenant_id=it.tenant_id,
            service_id=it.service_id,
            plan_id=it.plan_id,
            plan_key=it.plan_key,
            status=it.status.value,
            quantity=it.quantity,
            starts_on=it.starts_on,
            billing_anchor=it.schedule.anchor if it.schedule else None,
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
            term_ends_at=it.term_ends_at,
            metadata=it.metadata,
            allowed_moves=[move.value for move in it.allowed_moves()],
            created_at=it.created_at,
            version=it.version,
        )

"""What a subscription's events tell of it: the whole of it now, and what a change made different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.subscriptions.subscription import Subscription

_COMPARED = (
    "status",
    "plan_id",
    "plan_key",
    "quantity",
    "pending_cancellation_at",
    "trial_ends_at",
)


def event_fields(subscription: Subscription, plan: Plan) -> dict[str, Any]:
    """Return the fields that every ``SubscriptionEvent`` has; MRR at the plan's price of today."""
    running = subscription.current_period
    return {
        "resource_id": subscription.id,
        "partner_id": subscription.partner_id,
        "tenant_id": subscription.tenant_id,
        "ordinal": subscription.version + 1,
        "subscription_id": subscription.id,
        "service_id": subscription.service_id,
        "plan_id": plan.id,
        "plan_key": plan.plan_key,
        "status": subscription.status.value,
        "quantity": subscription.quantity,
        "mrr_amount_cents": plan.mrr_cents * subscription.quantity,
        "currency": plan.currency,
        "current_period_start": running.start if running else None,
        "current_period_end": running.end if running else None,
        "trial_ends_at": subscription.trial_ends_at,
    }


def comparable_state(subscription: Subscription) -> dict[str, Any]:
    """Return what ``subscription.changed.v1`` compares, as JSON values."""
    return {name: to_json(getattr(subscription, name)) for name in _COMPARED}


def change_fields(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return how two states differ, as the event's ``previous``, ``changed_fields`` and ``changes``."""
    differing = tuple(name for name in before if before[name] != after[name])
    return {
        "previous": {name: before[name] for name in differing},
        "changed_fields": differing,
        "changes": {name: (before[name], after[name]) for name in differing},
    }

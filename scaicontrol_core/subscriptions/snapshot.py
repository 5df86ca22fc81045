"""What a subscription's events tell of it: the whole of it now, and what a change made different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.subscriptions.state import SubscriptionState

_COMPARED = (
    "status",
    "plan_id",
    "plan_key",
    "quantity",
    "pending_cancellation_at",
    "trial_ends_at",
    "term_ends_at",
    "resumes_at",
    "pending_change",
    "billing_anchor",
)
_PLANNED = ("plan_key", "quantity", "effective_on")
_AUDITED = (
    *_COMPARED,
    "past_due_since",
    "activated_at",
    "cancelled_at",
    "cancellation_reason",
    "suspension_reason",
    "pack_subscription_id",
    "trial_notice",
    "billable_rate",
)


def event_fields(subscription: SubscriptionState, plan: Plan, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the fields that every ``SubscriptionEvent`` has; MRR at the plan's price of today.

    ``before`` is the state to compare with for the audit log.
    """
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
        "changes": {} if before is None else _differences(before, comparable_state(subscription)),
    }


def comparable_state(subscription: SubscriptionState) -> dict[str, Any]:
    """Return what the audit log compares, as JSON values."""
    planned = subscription.pending_change
    return {name: to_json(getattr(subscription, name)) for name in _AUDITED} | {
        "pending_change": planned and {name: to_json(getattr(planned, name)) for name in _PLANNED},
        "adjustments": [to_json(adjustment) for adjustment in subscription.adjustments],
    }


def change_fields(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return how two states differ: ``previous`` and ``changed_fields`` for all, ``changes`` for the audit log."""
    changes = _differences(before, after)
    public = tuple(name for name in changes if name in _COMPARED)
    return {"previous": {name: before[name] for name in public}, "changed_fields": public, "changes": changes}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}

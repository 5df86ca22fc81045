"""How the command line shows a subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaicontrol_cli.output import Json
    from scaicontrol_core.subscriptions.subscription import Subscription

_FIELDS = (
    "id", "partner_id", "tenant_id", "service_id", "plan_id", "plan_key", "pack_subscription_id", "quantity", "status",
    "billable_rate", "starts_on",
    "next_billing_on", "trial_ends_at", "pending_cancellation_at", "past_due_since", "activated_at", "cancelled_at",
    "cancellation_reason", "suspension_reason", "term_ends_at", "resumes_at", "billing_anchor", "adjustments",
    "metadata", "created_at", "version",
)  # fmt: skip


def subscription_json(subscription: Subscription) -> Json:
    """Return a subscription as JSON, with the states that may follow."""
    from scaicontrol_core.kernel.events import to_json

    shown: Json = {name: to_json(getattr(subscription, name)) for name in _FIELDS}
    period = subscription.current_period
    shown["current_period_start"] = to_json(period.start if period else None)
    shown["current_period_end"] = to_json(period.end if period else None)
    planned = subscription.pending_change
    names = ("plan_key", "quantity", "effective_on")
    shown["pending_change"] = planned and {name: to_json(getattr(planned, name)) for name in names}
    shown["allowed_moves"] = to_json(subscription.allowed_moves())
    return shown

"""Bodies and answers of subscriptions. Instants are UTC; periods are the seller's local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from msgspec import field

from scaicontrol_core.billing.use_cases.change_subscription import ChangeOutcome
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.subscriptions.terms import Adjustment, PendingChange
from scaicontrol_core.subscriptions.use_cases.bulk_subscriptions import BulkReport
from scaicontrol_http.requests import Answer, Body


class SubscribeBody(Body):
    """What a tenant subscribes itself to."""

    plan_key: str
    quantity: int = 1


class NewSubscriptionBody(SubscribeBody, kw_only=True):
    """A subscription an administrator makes; ``start_date`` may lie in the past."""

    tenant_id: str
    start_date: date | None = None
    term_ends_on: date | None = None
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


class ChangePlanBody(Body):
    """What to change, when (``now``, ``period_end``), and how the running period is prorated.

    ``proration``: ``none``, ``immediate`` (an invoice now) or ``next_invoice``.
    """

    plan_key: str | None = None
    quantity: int | None = None
    effective: str = "now"
    proration: str = "none"


class ExtendTrialBody(Body):
    """The local day the trial ends on instead."""

    until: date


class AnchorBody(Body):
    """The day that periods are counted from, after the running one."""

    anchor: date


class TermBody(Body):
    """The local day it expires on; null for none."""

    ends_on: date | None = None


class PauseBody(Body):
    """Until which local day; null until it is resumed."""

    until: date | None = None


class BulkBody(Body):
    """What to do (``cancel``, ``cancel_immediate``, ``suspend``, ``resume``) to which."""

    action: str
    ids: list[str]
    reason: str | None = None


class BulkFailureAnswer(Answer):
    """One that was not changed, and why."""

    id: str
    error: str
    message: str


class BulkAnswer(Answer):
    """Which were changed and which were not."""

    succeeded: list[str]
    failed: list[BulkFailureAnswer]

    @classmethod
    def of(cls, report: BulkReport) -> BulkAnswer:
        """Show a report."""
        failed = [BulkFailureAnswer(id=each.id, error=each.code, message=each.message) for each in report.failed]
        return cls(succeeded=list(report.succeeded), failed=failed)


class AdjustmentAnswer(Answer):
    """A part of a period that is credited (negative) or charged, in minor units; it waits for an invoice."""

    plan_key: str
    period_start: date
    period_end: date
    net_cents: int
    currency: str
    due_on: date

    @classmethod
    def of(cls, it: Adjustment) -> AdjustmentAnswer:
        """Show an adjustment."""
        return cls(
            plan_key=it.plan_key,
            period_start=it.start,
            period_end=it.end,
            net_cents=it.net_cents,
            currency=it.currency,
            due_on=it.due_on,
        )


class PendingChangeAnswer(Answer):
    """A change that waits for the end of the running period."""

    plan_key: str
    quantity: int
    effective_on: date

    @classmethod
    def of(cls, it: PendingChange) -> PendingChangeAnswer:
        """Show a planned change."""
        return cls(plan_key=it.plan_key, quantity=it.quantity, effective_on=it.effective_on)


class SubscriptionAnswer(Answer):
    """A subscription, and the states it may move to."""

    id: str
    partner_id: str
    tenant_id: str
    service_id: str
    plan_id: str
    plan_key: str
    pack_subscription_id: str | None
    billable_rate: dict[str, str]
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
    resumes_at: datetime | None
    pending_change: PendingChangeAnswer | None
    adjustments: list[AdjustmentAnswer]
    metadata: dict[str, Any]
    allowed_moves: list[str]
    created_at: datetime
    version: int

    @classmethod
    def of(cls, it: Subscription) -> SubscriptionAnswer:
        """Show a subscription."""
        period, planned = it.current_period, it.pending_change
        return cls(
            id=it.id,
            partner_id=it.partner_id,
            tenant_id=it.tenant_id,
            service_id=it.service_id,
            plan_id=it.plan_id,
            plan_key=it.plan_key,
            pack_subscription_id=it.pack_subscription_id,
            billable_rate=to_json(it.billable_rate),
            status=it.status.value,
            quantity=it.quantity,
            starts_on=it.starts_on,
            billing_anchor=it.billing_anchor,
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
            resumes_at=it.resumes_at,
            pending_change=PendingChangeAnswer.of(planned) if planned else None,
            adjustments=[AdjustmentAnswer.of(each) for each in it.adjustments],
            metadata=it.metadata,
            allowed_moves=[move.value for move in it.allowed_moves()],
            created_at=it.created_at,
            version=it.version,
        )


class ChangeAnswer(Answer):
    """What came of a change: when it takes effect, what it credits and charges, and the invoice written now."""

    subscription: SubscriptionAnswer
    effective: str
    effective_on: date
    adjustments: list[AdjustmentAnswer]
    invoice_id: str | None
    invoice_number: str | None

    @classmethod
    def of(cls, outcome: ChangeOutcome) -> ChangeAnswer:
        """Show an outcome."""
        return cls(
            subscription=SubscriptionAnswer.of(outcome.subscription),
            effective=outcome.effective.value,
            effective_on=outcome.effective_on,
            adjustments=[AdjustmentAnswer.of(each) for each in outcome.adjustments],
            invoice_id=outcome.invoice.id if outcome.invoice else None,
            invoice_number=outcome.invoice.number if outcome.invoice else None,
        )

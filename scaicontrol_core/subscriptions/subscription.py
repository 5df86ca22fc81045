"""The subscription: one tenant, one plan of one service, and everything that may befall it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scaicontrol_core.kernel.checks import whole
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Period, start_of_day
from scaicontrol_core.subscriptions.errors import NotAccruing, PlanFixed, PlanUnavailable
from scaicontrol_core.subscriptions.events import (
    SubscriptionActivated,
    SubscriptionBilled,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionPaymentFailed,
    SubscriptionResumed,
    SubscriptionSuspended,
)
from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES, SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.schedule import BillingSchedule, DuePeriod
from scaicontrol_core.subscriptions.snapshot import change_fields, comparable_state, event_fields

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan

MAX_REASON = 500
check_quantity = whole(1, 1_000_000)
_S = SubscriptionStatus


@define(kw_only=True, eq=False)
class Subscription(Recorder):
    """The live link between a tenant and a plan. It freezes no price: invoices do.

    Instants are UTC; ``current_period`` and the schedule are local dates of the seller's
    billing zone. ``exclusive`` says that the service allows one live subscription a tenant.
    Verbs that publish an event take the plan, whose price and key the event snapshots.
    """

    id: SubscriptionId
    partner_id: PartnerId
    tenant_id: TenantId
    service_id: ServiceId
    plan_id: PlanId
    plan_key: str
    starts_on: date
    created_at: datetime
    quantity: int = 1
    exclusive: bool = True
    status: SubscriptionStatus = SubscriptionStatus.PENDING
    schedule: BillingSchedule | None = None
    current_period: Period | None = None
    trial_ends_at: datetime | None = None
    pending_cancellation_at: datetime | None = None
    past_due_since: datetime | None = None
    activated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None
    suspension_reason: str | None = None
    term_ends_at: datetime | None = None
    metadata: dict[str, Any] = field(factory=dict)
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a quantity nobody could mean."""
        check_quantity(self.quantity, "/quantity")

    @property
    def is_live(self) -> bool:
        """Tell whether it is not over yet."""
        return self.status in LIVE_STATUSES

    @property
    def exclusive_key(self) -> str | None:
        """What must be unique among live subscriptions: one per tenant and service, or None."""
        return f"{self.tenant_id}/{self.service_id}" if self.exclusive and self.is_live else None

    @property
    def next_billing_on(self) -> date | None:
        """The local day the next charge falls due, or None if there is none to come."""
        return self.schedule.next_billing_on if self.schedule else None

    def allowed_moves(self) -> tuple[SubscriptionStatus, ...]:
        """Return the states that may follow, for answers that offer actions."""
        return tuple(sorted(SUBSCRIPTION_LIFECYCLE.targets(self.status)))

    # -- verbs -------------------------------------------------------------------------------

    def record_creation(self, plan: Plan) -> None:
        """Note in the audit log that the subscription exists, still pending."""
        self._record(SubscriptionCreated(**event_fields(self, plan)))

    def activate(self, plan: Plan, at: datetime, timezone: str, *, trial: bool) -> None:
        """Provisioning is done: begin the trial if one is due, else the first billed period.

        Raises ``PlanUnavailable`` for a trial of a plan that has no trial days.
        """
        if trial and not plan.trial_days:
            raise PlanUnavailable.field("/status", f"{plan.plan_key} has no trial.", code="plan_without_trial")
        before = comparable_state(self)
        if trial:
            ends_on = self.starts_on + timedelta(days=plan.trial_days)
            self._move(_S.TRIALING)
            self.trial_ends_at = start_of_day(ends_on, timezone)
            self.current_period = Period(self.starts_on, ends_on)
        else:
            self._move(_S.ACTIVE)
            self._begin_billing(plan, self.starts_on)
        if self.activated_at is None:
            self.activated_at = at
            once = event_fields(self, plan, before) | {"ordinal": 1}
            self._record(SubscriptionActivated(**once, activated_at=at))

    def end_trial(self, plan: Plan, on: date) -> None:
        """The trial is over and the customer stays: the first period begins on its last day."""
        before = comparable_state(self)
        self._convert_trial(plan, on)
        self._changed(plan, "trial_converted", before)

    def cancel(self, plan: Plan, at: datetime, today: date, reason: str | None = None) -> None:
        """End it now. What began before today stays owed; nothing later is ever billed."""
        self._end(plan, _S.CANCELLED, at, today, reason)

    def cancel_at_period_end(self, plan: Plan, today: date, timezone: str, reason: str | None = None) -> None:
        """Let it live to the end of the running period and no longer."""
        before = comparable_state(self)
        self._schedule_cancellation(today, timezone, reason)
        self._changed(plan, "scheduled_cancellation", before)

    def resume(self, plan: Plan, today: date) -> None:
        """Undo a scheduled cancellation, or serve again after a suspension."""
        before = comparable_state(self)
        if self.status is _S.CANCELLING:
            self._move(_S.ACTIVE)
            self._forget_cancellation()
            self._changed(plan, "scheduled_cancellation_undone", before)
        elif self.status is _S.SUSPENDED:
            self._move(_S.ACTIVE)
            self._restart(plan, today)
            self._record(SubscriptionResumed(**event_fields(self, plan, before)))
        else:
            SUBSCRIPTION_LIFECYCLE.require(self.status, _S.ACTIVE)
            raise NotAccruing("Only a suspended or cancelling subscription can be resumed.", code="not_resumable")

    def suspend(self, plan: Plan, today: date, reason: str | None = None) -> None:
        """Stop the service and its accrual until somebody resumes it."""
        before = comparable_state(self)
        self._move(_S.SUSPENDED)
        self.suspension_reason = reason
        self.schedule = self.schedule.paused(today) if self.schedule else None
        self._record(SubscriptionSuspended(**event_fields(self, plan, before), reason=reason))

    def mark_past_due(self, plan: Plan, at: datetime) -> None:
        """A scheduled payment failed; the service goes on and so does accrual."""
        before = comparable_state(self)
        self._move(_S.PAST_DUE)
        self.past_due_since = at
        self._record(SubscriptionPaymentFailed(**event_fields(self, plan, before), past_due_since=at))

    def expire(self, plan: Plan, at: datetime, today: date) -> None:
        """The fixed term is over."""
        self._end(plan, _S.EXPIRED, at, today, None)

    def change_plan(self, plan: Plan, today: date) -> None:
        """Move to another plan of the same service; its price counts from the next cycle.

        Raises ``Invalid`` (``plan_of_other_service``) and, once it is ending or over, ``PlanFixed``.
        """
        if plan.service_id != self.service_id:
            raise Invalid.field("/plan_key", "The plan belongs to another service.", code="plan_of_other_service")
        if plan.id == self.plan_id:
            return
        if self.status is _S.CANCELLING or not self.is_live:
            raise PlanFixed(self.status.value)
        before = comparable_state(self)
        self.plan_id, self.plan_key = plan.id, plan.plan_key
        if self.schedule:
            self.schedule = self.schedule.rescheduled(plan.billing_period, today)
            self._look_at(today)
        self._changed(plan, "plan_change", before)

    def change_status(self, plan: Plan, target: SubscriptionStatus, at: datetime, today: date, timezone: str) -> None:
        """Make any legal move by hand, with the effects that the ordinary verb has."""
        SUBSCRIPTION_LIFECYCLE.require(self.status, target)
        before = comparable_state(self)
        first_activation = self.activated_at is None and target in (_S.TRIALING, _S.ACTIVE)
        if first_activation:
            self.activate(plan, at, timezone, trial=target is _S.TRIALING)
        elif target is _S.ACTIVE and self.status is _S.TRIALING:
            self._convert_trial(plan, today)
        elif target is _S.CANCELLING:
            self._schedule_cancellation(today, timezone, None)
        elif target in (_S.CANCELLED, _S.EXPIRED, _S.SUSPENDED, _S.PAST_DUE):
            self._override(plan, target, at, today)
        else:
            self._move(target)
            self._forget_cancellation()
            self._restart(plan, today)
        self._changed(plan, "status_change", before)

    def bill(self, due: DuePeriod) -> None:
        """Note that a period was put on an invoice; it is never owed again."""
        if self.schedule is None:
            raise NotAccruing("Nothing is owed before the first period begins.")
        self.schedule = self.schedule.billed(due.ordinal)
        self.current_period = due.period

    def record_billing(self, invoice_id: str | None, ordinals: tuple[int, ...]) -> None:
        """Note in the audit log which periods went onto which invoice (None: nothing to charge)."""
        self._record(
            SubscriptionBilled(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes={"billed_periods": (None, list(ordinals)), "invoice_id": (None, invoice_id)},
            )
        )

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: SubscriptionStatus) -> None:
        SUBSCRIPTION_LIFECYCLE.require(self.status, target)
        self.status = target

    def _begin_billing(self, plan: Plan, anchor: date) -> None:
        self.schedule = BillingSchedule(anchor=anchor, cadence=plan.billing_period)
        self.current_period = self.schedule.period(0)

    def _convert_trial(self, plan: Plan, on: date) -> None:
        self._move(_S.ACTIVE)
        self._begin_billing(plan, on)

    def _schedule_cancellation(self, today: date, timezone: str, reason: str | None) -> None:
        SUBSCRIPTION_LIFECYCLE.require(self.status, _S.CANCELLING)
        if self.schedule is None or not self.schedule.cadence.recurs:
            raise NotAccruing("A subscription without a recurring period can only be cancelled now.")
        ends_on = self.schedule.period_end_after(today)
        self._move(_S.CANCELLING)
        self.pending_cancellation_at = start_of_day(ends_on, timezone)
        self.cancellation_reason = reason
        self.schedule = self.schedule.ending(ends_on)

    def _restart(self, plan: Plan, today: date) -> None:
        self.suspension_reason = None
        self.past_due_since = None
        if self.schedule is None:  # suspended out of a trial: the first period begins now
            self._begin_billing(plan, today)
        else:
            self.schedule = self.schedule.resumed(today)
            self._look_at(today)

    def _look_at(self, today: date) -> None:
        """Show the period that runs today: after a pause or a new cadence it is another one."""
        if self.schedule:
            self.current_period = self.schedule.period_on(today) or self.current_period

    def _forget_cancellation(self) -> None:
        self.pending_cancellation_at = None
        self.cancellation_reason = None
        if self.schedule:
            self.schedule = self.schedule.ending(None)

    def _end(self, plan: Plan, target: SubscriptionStatus, at: datetime, today: date, reason: str | None) -> None:
        before = comparable_state(self)
        self._move(target)
        self.cancelled_at = at
        self.cancellation_reason = reason or self.cancellation_reason
        if self.schedule:
            self.schedule = self.schedule.ending(min(today, self.schedule.until or today))
        self._record(
            SubscriptionCancelled(
                **event_fields(self, plan, before),
                terminal_state=self.status.value,
                cancelled_at=at,
                reason=self.cancellation_reason,
            )
        )

    def _override(self, plan: Plan, target: SubscriptionStatus, at: datetime, today: date) -> None:
        if target is _S.CANCELLED:
            self.cancel(plan, at, today)
        elif target is _S.EXPIRED:
            self.expire(plan, at, today)
        elif target is _S.SUSPENDED:
            self.suspend(plan, today)
        else:
            self.mark_past_due(plan, at)

    def _changed(self, plan: Plan, kind: str, before: dict[str, Any]) -> None:
        differing = change_fields(before, comparable_state(self))
        self._record(SubscriptionChanged(**(event_fields(self, plan) | differing), change_kind=kind))

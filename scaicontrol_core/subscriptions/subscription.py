"""The subscription: one tenant, one plan of one service, and everything that may befall it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define

from scaicontrol_core.kernel.period import Period, start_of_day
from scaicontrol_core.subscriptions.errors import NotAccruing, PlanUnavailable
from scaicontrol_core.subscriptions.events import (
    SubscriptionActivated,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionImported,
    SubscriptionPaymentFailed,
    SubscriptionResumed,
    SubscriptionStayedPastDue,
    SubscriptionSuspended,
)
from scaicontrol_core.subscriptions.lifecycle import SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.live_rows import continued_schedule, require_plausible
from scaicontrol_core.subscriptions.pack_child import PackChild
from scaicontrol_core.subscriptions.snapshot import comparable_state, event_fields
from scaicontrol_core.subscriptions.state import check_quantity

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.subscriptions.changing import Moment
    from scaicontrol_core.subscriptions.live_rows import LiveRow

__all__ = ["MAX_REASON", "PAUSE", "Subscription", "check_quantity"]
MAX_REASON = 500
#: The reason of a suspension that the customer asked for.
PAUSE = "pause"
_S = SubscriptionStatus


@define(kw_only=True, eq=False)
class Subscription(PackChild):
    """The live link between a tenant and a plan. It freezes no price: invoices do.

    Instants are UTC; ``current_period`` and the schedule are local dates of the seller's
    billing zone. ``exclusive`` says that the service allows one live subscription a tenant.
    Verbs that publish an event take the plan, whose price and key the event snapshots.
    """

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
        self._inherit_rate(plan)
        if self.activated_at is None:
            self.activated_at = at
            once = event_fields(self, plan, before) | {"ordinal": 1}
            self._record(SubscriptionActivated(**once, activated_at=at))

    def take_over(self, plan: Plan, live: LiveRow, moment: Moment, *, announce: bool) -> None:
        """Go on where another system stopped: nothing before ``billed_until`` is ever owed.

        Raises ``Invalid`` (``row_invalid``) for days that can't be.
        """
        require_plausible(live, plan, moment.today)
        if live.trial_ends_on is not None:
            self._move(_S.TRIALING)
            self.starts_on = live.started_on or moment.today
            self.trial_ends_at = start_of_day(live.trial_ends_on, moment.timezone)
            self.current_period = Period(self.starts_on, live.trial_ends_on)
        else:
            self._move(_S.ACTIVE)
            self.schedule, self.current_period = continued_schedule(live, plan, moment.today)
        self.activated_at = start_of_day(self.starts_on, moment.timezone)
        self._inherit_rate(plan)
        if live.term_ends_on is not None:
            self.begin_with_term(live.term_ends_on, moment.today, moment.timezone)
            self.schedule = self.schedule.ending(live.term_ends_on) if self.schedule else None
        self._record(SubscriptionImported(**event_fields(self, plan), billed_until=live.billed_until))
        if announce:
            once = event_fields(self, plan) | {"ordinal": 1}
            self._record(SubscriptionActivated(**once, activated_at=self.activated_at))

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

    def suspend(
        self, plan: Plan, today: date, reason: str | None = None, *, resumes_at: datetime | None = None
    ) -> None:
        """Stop the service and its accrual until somebody resumes it, or until an instant."""
        before = comparable_state(self)
        self._move(_S.SUSPENDED)
        self.suspension_reason = reason
        self.resumes_at = resumes_at
        self.schedule = self.schedule.paused(today) if self.schedule else None
        told = event_fields(self, plan, before)
        self._record(SubscriptionSuspended(**told, reason=reason, resumes_at=resumes_at))

    def mark_past_due(self, plan: Plan, at: datetime) -> None:
        """A scheduled payment failed; the service goes on and so does accrual."""
        before = comparable_state(self)
        self._move(_S.PAST_DUE)
        self.past_due_since = at
        self._record(SubscriptionPaymentFailed(**event_fields(self, plan, before), past_due_since=at))

    def stay_past_due(self, plan: Plan) -> None:
        """Note that it was judged anew, and something else is still unpaid."""
        self._record(SubscriptionStayedPastDue(**event_fields(self, plan)))

    def recover(self, plan: Plan) -> None:
        """What was owed is paid: past due no longer."""
        before = comparable_state(self)
        self._move(_S.ACTIVE)
        self.past_due_since = None
        self._changed(plan, "payment_recovered", before)

    def expire(self, plan: Plan, at: datetime, today: date) -> None:
        """The fixed term is over."""
        self._end(plan, _S.EXPIRED, at, today, None)

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

    # -- inside ------------------------------------------------------------------------------

    def _schedule_cancellation(self, today: date, timezone: str, reason: str | None) -> None:
        SUBSCRIPTION_LIFECYCLE.require(self.status, _S.CANCELLING)
        if self.schedule is None or not self.schedule.cadence.recurs:
            raise NotAccruing("A subscription without a recurring period can only be cancelled now.")
        ends_on = self.schedule.period_end_after(today)
        self._move(_S.CANCELLING)
        self._drop_pending()
        self.pending_cancellation_at = start_of_day(ends_on, timezone)
        self.cancellation_reason = reason
        self.schedule = self.schedule.ending(ends_on)

    def _end(self, plan: Plan, target: SubscriptionStatus, at: datetime, today: date, reason: str | None) -> None:
        before = comparable_state(self)
        self._move(target)
        self._drop_pending()
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

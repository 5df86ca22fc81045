"""The subscription to a pack: one price, several services, one life."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import ServiceId
from scaicontrol_core.kernel.period import Period, local_date, start_of_day
from scaicontrol_core.subscriptions.errors import NotAccruing, NotInTrial
from scaicontrol_core.subscriptions.lifecycle import PACK_SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.pack_events import (
    PackIncludes,
    PackSubscriptionActivated,
    PackSubscriptionBilled,
    PackSubscriptionCancelled,
    PackSubscriptionRenewed,
    PackSubscriptionStayedPastDue,
)
from scaicontrol_core.subscriptions.pack_state import PackState

if TYPE_CHECKING:
    from scaicontrol_core.subscriptions.schedule import DuePeriod
    from scaicontrol_core.subscriptions.terms import OwedUsage

_LONGEST_TRIAL = timedelta(days=730)
_S = SubscriptionStatus


@define(kw_only=True, eq=False)
class PackSubscription(PackState):
    """The verbs. Whoever calls one lets the children follow in the same transaction."""

    def activate(self, at: datetime, timezone: str, *, trial_days: int) -> None:
        """Begin the trial if there is one, else the first billed period."""
        before = self._compared()
        if trial_days:
            ends_on = self.starts_on + timedelta(days=trial_days)
            self._move(_S.TRIALING)
            self.trial_ends_at = start_of_day(ends_on, timezone)
            self.current_period = Period(self.starts_on, ends_on)
        else:
            self._move(_S.ACTIVE)
            self._begin_billing(self.starts_on, timezone)
        self.activated_at = at
        self._record(PackSubscriptionActivated(**(self._told(before) | {"ordinal": 1}), activated_at=at))

    def end_trial(self, on: date, timezone: str) -> None:
        """The trial is over and the customer stays: the first period begins on its last day."""
        before = self._compared()
        self._move(_S.ACTIVE)
        self._begin_billing(on, timezone)
        self._changed("trial_converted", before)

    def extend_trial(self, until: date, timezone: str) -> None:
        """Let the trial of all services end on a later local day. Raises ``NotInTrial``, ``Invalid``."""
        if self.status is not _S.TRIALING or self.trial_ends_at is None:
            raise NotInTrial(self.status.value)
        ends_on = local_date(self.trial_ends_at, timezone)
        if not ends_on < until <= self.starts_on + _LONGEST_TRIAL:
            text = f"The trial ends on {ends_on}; name a later day, within two years of its start."
            raise Invalid.field("/until", text, code="trial_end_invalid")
        before = self._compared()
        self.trial_ends_at = start_of_day(until, timezone)
        self.current_period = Period(self.starts_on, until)
        self._changed("trial_extended", before)

    def cancel(self, at: datetime, today: date, reason: str | None = None) -> None:
        """End it and all it includes now. What began before today stays owed; nothing later is."""
        before = self._compared()
        self._move(_S.CANCELLED)
        self.cancelled_at = at
        self.cancellation_reason = reason or self.cancellation_reason
        if self.schedule:
            self.schedule = self.schedule.ending(min(today, self.schedule.until or today))
        told = self._told(before)
        self._record(PackSubscriptionCancelled(**told, cancelled_at=at, reason=self.cancellation_reason))

    def cancel_at_period_end(self, today: date, timezone: str, reason: str | None = None) -> None:
        """Let it live to the end of the running period and no longer. Raises ``NotAccruing``."""
        PACK_SUBSCRIPTION_LIFECYCLE.require(self.status, _S.CANCELLING)
        if self.schedule is None or not self.cadence.recurs:
            raise NotAccruing("A subscription without a recurring period can only be cancelled now.")
        before = self._compared()
        ends_on = self.schedule.period_end_after(today)
        self._move(_S.CANCELLING)
        self.pending_cancellation_at = start_of_day(ends_on, timezone)
        self.cancellation_reason = reason
        self.schedule = self.schedule.ending(ends_on)
        self._changed("scheduled_cancellation", before)

    def suspend(self, today: date, reason: str | None = None) -> None:
        """Stop all its services and its accrual until somebody resumes it."""
        before = self._compared()
        self._move(_S.SUSPENDED)
        self.suspension_reason = reason
        self.schedule = self.schedule.paused(today) if self.schedule else None
        self._changed("suspended", before)

    def resume(self, today: date, timezone: str) -> None:
        """Undo a scheduled cancellation, or serve again; the rest of the running period is owed then."""
        before, was = self._compared(), self.status
        if was not in (_S.CANCELLING, _S.SUSPENDED):
            PACK_SUBSCRIPTION_LIFECYCLE.require(was, _S.ACTIVE)
            raise NotAccruing("Only what is suspended or cancelling can be resumed.", code="not_resumable")
        self._move(_S.ACTIVE)
        self.pending_cancellation_at = self.cancellation_reason = self.suspension_reason = None
        self.past_due_since = None
        if self.schedule is None:  # suspended out of a trial: the first period begins now
            self._begin_billing(today, timezone)
        elif was is _S.CANCELLING:
            self.schedule = self.schedule.ending(None)
        else:
            self.schedule = self.schedule.resumed(today)
        self._changed("scheduled_cancellation_undone" if was is _S.CANCELLING else "resumed", before)

    def mark_past_due(self, at: datetime) -> None:
        """A scheduled payment failed; the services go on and so does accrual."""
        before = self._compared()
        self._move(_S.PAST_DUE)
        self.past_due_since = at
        self._changed("payment_failed", before)

    def stay_past_due(self) -> None:
        """Note that it was judged anew, and something else is still unpaid."""
        self._record(PackSubscriptionStayedPastDue(**self._told(self._compared())))

    def recover(self) -> None:
        """What was owed is paid: past due no longer."""
        before = self._compared()
        self._move(_S.ACTIVE)
        self.past_due_since = None
        self._changed("payment_recovered", before)

    def renew(self, day: date, members: tuple[PackIncludes, ...], price_cents: int, timezone: str) -> None:
        """Begin the period that runs on a local day, with what the pack includes and costs in it."""
        before = self._compared()
        changes = members != self.members or price_cents != self.price_cents
        self.members, self.price_cents = members, price_cents
        self._look_at(day, timezone)
        if changes:
            self._changed("items_change", before)
        else:
            self._record(PackSubscriptionRenewed(**self._told(before)))

    def release(self, service_id: ServiceId) -> None:
        """Let the child of a service go on alone.

        Raises ``NotInTrial``: what is paid for in one piece is not taken apart.
        """
        if self.status is not _S.TRIALING:
            raise NotInTrial(self.status.value)
        before = self._compared()
        self.members = tuple(member for member in self.members if member.service_id != service_id)
        self.departed = (*self.departed, service_id)
        self._changed("child_detached", before)

    def bill(self, due: DuePeriod, usage: OwedUsage | None = None) -> None:
        """Note that a period was put on an invoice, never owed again, and what its children owe once it is over."""
        if self.schedule is None:
            raise NotAccruing("Nothing is owed before the first period begins.")
        self.schedule = self.schedule.billed(due.ordinal)
        self.awaited_usage = usage

    def record_billing(
        self,
        invoice_id: str | None,
        ordinals: tuple[int, ...],
        adjustments: tuple[int, ...] = (),
        usage: tuple[int, ...] = (),
    ) -> None:
        """Note in the audit log what went onto which invoice (None: nothing to charge); the rest is its children's."""
        del adjustments, usage
        self._record(
            PackSubscriptionBilled(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes={"billed_periods": (None, list(ordinals)), "invoice_id": (None, invoice_id)},
            )
        )

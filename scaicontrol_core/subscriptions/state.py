"""What a subscription is, and the moves that all its verbs share."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scaicontrol_core.kernel.checks import whole
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PackSubscriptionId, PartnerId, PlanId, ServiceId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Period, local_date, start_of_day
from scaicontrol_core.subscriptions.events import SubscriptionChanged
from scaicontrol_core.subscriptions.lifecycle import LIVE_STATUSES, SUBSCRIPTION_LIFECYCLE, SubscriptionStatus
from scaicontrol_core.subscriptions.schedule import BillingSchedule
from scaicontrol_core.subscriptions.snapshot import change_fields, comparable_state, event_fields
from scaicontrol_core.subscriptions.terms import Accrual, Adjustment, OwedUsage, PendingChange, Terms, waits_until

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan

check_quantity = whole(1, 1_000_000)
_S = SubscriptionStatus


@define(kw_only=True, eq=False)
class SubscriptionState(Recorder):
    """The state of a subscription, without its verbs: those stand in the classes above it."""

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
    term_ends_on: date | None = None
    resumes_at: datetime | None = None
    trial_notice: int | None = None
    terms_by_period: tuple[Terms, ...] = ()
    accruing: Accrual | None = None
    pending_change: PendingChange | None = None
    adjustments: tuple[Adjustment, ...] = ()
    adjustment_count: int = 0
    owed_usage: tuple[OwedUsage, ...] = ()
    pack_subscription_id: PackSubscriptionId | None = None
    billable_rate: dict[str, Decimal] = field(factory=dict)
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
        """The local day the next charge falls due, or None if none is to come; a child owes nothing but usage."""
        used = self.usage_to_bill
        days = [usage.due_on for usage in used]
        if self.pack_subscription_id is None:
            days += [adjustment.due_on for adjustment in self.adjustments]
            if self.schedule and (begins := self.schedule.next_billing_on):
                days.append(waits_until(begins, used))
        return min(days, default=None)

    @property
    def usage_to_bill(self) -> tuple[OwedUsage, ...]:
        """The periods whose usage is not billed yet, as far as the subscription lives in them."""
        until = self.schedule.until if self.schedule else None
        return tuple(usage.within(until) for usage in self.owed_usage)

    @property
    def ripe_at(self) -> datetime | None:
        """When time alone moves it on: an end, a trial, a pause or a change; a child waits for its pack."""
        if self.pack_subscription_id is not None:
            return None
        by_status = {
            _S.TRIALING: self.trial_ends_at,
            _S.CANCELLING: self.pending_cancellation_at,
            _S.ACTIVE: self.term_ends_at,
            _S.SUSPENDED: self.resumes_at,
        }
        planned = self.pending_change.effective_at if self.pending_change and self.is_live else None
        return min((at for at in (by_status.get(self.status), planned) if at is not None), default=None)

    @property
    def billing_anchor(self) -> date | None:
        """The day its periods are counted from, or None before the first."""
        return self.schedule.anchor if self.schedule else None

    def priced_at(self, start: date, timezone: str) -> datetime:
        """Return the instant whose price a period has: its beginning, or the sale on its very first day."""
        begins = start_of_day(start, timezone)
        sold = self.activated_at
        return sold if sold is not None and local_date(sold, timezone) == start else begins

    def terms_of(self, ordinal: int) -> Terms:
        """Return the plan and the quantity that a period is billed at."""
        current = Terms(from_ordinal=0, plan_id=self.plan_id, plan_key=self.plan_key, quantity=self.quantity)
        known = self.terms_by_period or (current,)
        return next((terms for terms in reversed(known) if terms.from_ordinal <= ordinal), known[0])

    @property
    def plan_ids(self) -> frozenset[PlanId]:
        """Every plan that it, or billing it, may need."""
        planned = {self.pending_change.plan_id} if self.pending_change else set()
        terms = {each.plan_id for each in self.terms_by_period}
        used = {each.plan_id for each in self.owed_usage}
        return frozenset({self.plan_id, *planned, *terms, *used, *(each.plan_id for each in self.adjustments)})

    def allowed_moves(self) -> tuple[SubscriptionStatus, ...]:
        """Return the states that may follow, for answers that offer actions."""
        return tuple(sorted(SUBSCRIPTION_LIFECYCLE.targets(self.status)))

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: SubscriptionStatus) -> None:
        SUBSCRIPTION_LIFECYCLE.require(self.status, target)
        self.status = target

    def _begin_billing(self, plan: Plan, anchor: date) -> None:
        self.schedule = BillingSchedule(anchor=anchor, cadence=plan.billing_period, until=self.term_ends_on)
        self.current_period = self.schedule.period(0)

    def _convert_trial(self, plan: Plan, on: date) -> None:
        self._move(_S.ACTIVE)
        self._begin_billing(plan, on)

    def _restart(self, plan: Plan, today: date) -> None:
        self.suspension_reason = self.resumes_at = None
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

    def _inherit_rate(self, plan: Plan) -> None:
        """Let usage reported from now on cost what it costs on this plan now."""
        self.billable_rate = dict(plan.billable_rate)

    def _forget_cancellation(self) -> None:
        self.pending_cancellation_at = None
        self.cancellation_reason = None
        if self.schedule:
            self.schedule = self.schedule.ending(self.term_ends_on)

    def _changed(self, plan: Plan, kind: str, before: dict[str, Any]) -> None:
        differing = change_fields(before, comparable_state(self))
        self._record(SubscriptionChanged(**(event_fields(self, plan) | differing), change_kind=kind))

"""Changing what is bought: plan, quantity and anchor, now or at the end of the period."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import local_date, start_of_day
from scaicontrol_core.subscriptions.errors import NoPendingChange, NotAccruing, PlanFixed
from scaicontrol_core.subscriptions.events import SubscriptionBilled
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.proration import Proration, Remainder, accrual_of, prorate, seconds_bought
from scaicontrol_core.subscriptions.snapshot import comparable_state
from scaicontrol_core.subscriptions.state import SubscriptionState, check_quantity
from scaicontrol_core.subscriptions.terms import Accrual, Adjustment, OwedUsage, PendingChange, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.kernel.ids import PlanId
    from scaicontrol_core.subscriptions.schedule import DuePeriod

_S = SubscriptionStatus


class Effective(StrEnum):
    """When a change takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


@frozen(kw_only=True)
class Moment:
    """Now, for a subscription: the instant (UTC), the seller's zone and its local day."""

    at: datetime
    timezone: str

    @property
    def today(self) -> date:
        """The local day."""
        return local_date(self.at, self.timezone)


@define(kw_only=True, eq=False)
class Changes(SubscriptionState):
    """The verbs that change what is bought."""

    def change_plan(self, plan: Plan, today: date) -> None:
        """Move to another plan of the same service; its price counts from the next cycle.

        Raises ``Invalid`` (``plan_of_other_service``) and, once it is ending or over, ``PlanFixed``.
        """
        self._require_changeable(plan)
        if plan.id != self.plan_id:
            before = comparable_state(self)
            self._switch(plan, self.quantity, today)
            self._changed(plan, "plan_change", before)

    def change_now(
        self, plan: Plan, quantity: int, moment: Moment, proration: Proration, plans: Mapping[PlanId, Plan]
    ) -> None:
        """Change plan, quantity or both at once; ``plans`` are those of ``plan_ids``.

        Prorated, the rest of the running period is credited and charged anew; else the new
        price counts from the next cycle. Raises as ``change_plan`` does.
        """
        self._require_changeable(plan)
        check_quantity(quantity, "/quantity")
        if (plan.id, quantity) == (self.plan_id, self.quantity):
            return
        before = comparable_state(self)
        kind = "quantity_change" if plan.id == self.plan_id else "plan_change"
        if proration is not Proration.NONE:
            self._prorate(plan, quantity, moment, proration, plans)
        self._switch(plan, quantity, moment.today)
        self._changed(plan, kind, before)

    def change_at_period_end(self, plan: Plan, quantity: int, moment: Moment, current: Plan) -> None:
        """Plan a change for the end of the running period, in place of one planned before.

        ``current`` is the plan it has. Raises as ``change_plan`` does, and ``NotAccruing`` if no
        period runs that could end.
        """
        self._require_changeable(plan)
        check_quantity(quantity, "/quantity")
        before = comparable_state(self)
        self._drop_pending()
        if (plan.id, quantity) != (self.plan_id, self.quantity):
            self.pending_change = self._planned(plan, quantity, moment)
        if comparable_state(self) != before:
            self._changed(current, "change_scheduled", before)

    def withdraw_change(self, current: Plan) -> None:
        """Take a planned change back; raises ``NoPendingChange``."""
        if self.pending_change is None:
            raise NoPendingChange
        before = comparable_state(self)
        self._drop_pending()
        self._changed(current, "change_withdrawn", before)

    def apply_change(self, plan: Plan, timezone: str) -> None:
        """Do what was planned, dated when it was planned for; ``plan`` is the one it names."""
        pending = self.pending_change
        if pending is None:
            raise NoPendingChange
        before = comparable_state(self)
        kind = "quantity_change" if plan.id == self.plan_id else "plan_change"
        if pending.from_ordinal is None and self.schedule is not None:
            self._plan_ahead(plan, pending.quantity, local_date(pending.effective_at, timezone))
        self.plan_id, self.plan_key, self.quantity = pending.plan_id, pending.plan_key, pending.quantity
        self._inherit_rate(plan)
        self.pending_change = None
        self._look_at(pending.effective_on)
        self._changed(plan, kind, before)

    def set_anchor(self, anchor: date, plan: Plan, today: date) -> None:
        """Bill on the days of another anchor from the next cycle on; the days until then are charged as days.

        Raises ``PlanFixed``, ``NotAccruing``, and ``Invalid`` (``anchor_invalid``) if nothing recurs.
        """
        self._require_changeable(plan)
        if self.schedule is None or self.pending_change is not None:
            raise NotAccruing("The anchor moves once a period runs and no change waits for its end.")
        before = comparable_state(self)
        self.schedule = self.schedule.anchored(anchor, today)
        if comparable_state(self) != before:
            self._changed(plan, "anchor_change", before)

    # -- billing -----------------------------------------------------------------------------

    def bill(self, due: DuePeriod) -> None:
        """Note that a period was put on an invoice; it is never owed again."""
        if self.schedule is None:
            raise NotAccruing("Nothing is owed before the first period begins.")
        self.schedule = self.schedule.billed(due.ordinal)
        self.current_period = self.schedule.period(due.ordinal)
        if len(self.terms_by_period) > 1:
            later = [terms.from_ordinal <= due.ordinal for terms in self.terms_by_period[1:]]
            self.terms_by_period = self.terms_by_period[sum(later) :]

    def settle(self, adjustment: Adjustment, rest: Adjustment | None = None) -> None:
        """Note that an adjustment was put on an invoice; ``rest`` is what of a credit still waits."""
        waiting = tuple(each for each in self.adjustments if each.number != adjustment.number)
        if rest is not None:
            waiting = (*waiting, evolve(rest, number=self.adjustment_count))
            self.adjustment_count += 1
        self.adjustments = waiting

    def owe_usage(self, usage: OwedUsage) -> None:
        """Have the usage of a period charged when it is over."""
        self.owed_usage = (*self.owed_usage, usage)

    def settle_usage(self, usage: OwedUsage) -> None:
        """Note that the usage of a period was put on an invoice, or came to nothing."""
        self.owed_usage = tuple(each for each in self.owed_usage if each.ordinal != usage.ordinal)

    def record_billing(
        self,
        invoice_id: str | None,
        ordinals: tuple[int, ...],
        adjustments: tuple[int, ...] = (),
        usage: tuple[int, ...] = (),
    ) -> None:
        """Note in the audit log what went onto which invoice (None: nothing to charge)."""
        changes: dict[str, tuple[Any, Any]] = {
            "billed_periods": (None, list(ordinals)),
            "invoice_id": (None, invoice_id),
        }
        if adjustments:
            changes["adjustments"] = (None, list(adjustments))
        if usage:
            changes["usage_periods"] = (None, list(usage))
        self._record(
            SubscriptionBilled(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes=changes,
            )
        )

    # -- inside ------------------------------------------------------------------------------

    def _require_changeable(self, plan: Plan) -> None:
        if plan.service_id != self.service_id:
            raise Invalid.field("/plan_key", "The plan belongs to another service.", code="plan_of_other_service")
        if self.status is _S.CANCELLING or not self.is_live:
            raise PlanFixed(self.status.value)

    def _switch(self, plan: Plan, quantity: int, today: date) -> None:
        self._drop_pending()
        if self.schedule:
            self._plan_ahead(plan, quantity, today)
        self.plan_id, self.plan_key, self.quantity = plan.id, plan.plan_key, quantity
        self._inherit_rate(plan)
        self._look_at(today)

    def _plan_ahead(self, plan: Plan, quantity: int, today: date) -> int:
        """Bill other terms from the next cycle on, and return its ordinal."""
        if self.schedule is None:
            raise NotAccruing("No period runs.")
        first, _ = self.schedule.next_cycle(today)
        current = Terms(from_ordinal=0, plan_id=self.plan_id, plan_key=self.plan_key, quantity=self.quantity)
        kept = tuple(terms for terms in self.terms_by_period or (current,) if terms.from_ordinal < first)
        following = Terms(from_ordinal=first, plan_id=plan.id, plan_key=plan.plan_key, quantity=quantity)
        self.terms_by_period = (*kept, following)
        self.schedule = self.schedule.rescheduled(plan.billing_period, today)
        return first

    def _planned(self, plan: Plan, quantity: int, moment: Moment) -> PendingChange:
        waiting: dict[str, Any] = {"plan_id": plan.id, "plan_key": plan.plan_key, "quantity": quantity}
        if self.status is _S.TRIALING and self.trial_ends_at:
            ends_on = local_date(self.trial_ends_at, moment.timezone)
            return PendingChange(**waiting, effective_on=ends_on, effective_at=self.trial_ends_at, from_ordinal=None)
        if self.schedule is None or self.schedule.next_cycle(moment.today)[1] <= moment.today:
            raise NotAccruing("No period runs that the change could wait for; change it now.")
        legs = self.schedule.legs
        ends_on = self.schedule.next_cycle(moment.today)[1]
        first = self._plan_ahead(plan, quantity, moment.today)
        return PendingChange(
            **waiting,
            effective_on=ends_on,
            effective_at=start_of_day(ends_on, moment.timezone),
            from_ordinal=first,
            replaced=tuple(leg for leg in legs if leg.first >= first),
        )

    def _drop_pending(self) -> None:
        pending, self.pending_change = self.pending_change, None
        if pending is None or pending.from_ordinal is None or self.schedule is None:
            return
        first = pending.from_ordinal
        self.terms_by_period = tuple(terms for terms in self.terms_by_period if terms.from_ordinal < first)
        before = tuple(leg for leg in self.schedule.legs if leg.first < first)
        self.schedule = self.schedule.laid((*before, *pending.replaced) or self.schedule.legs)

    def _prorate(
        self, plan: Plan, quantity: int, moment: Moment, proration: Proration, plans: Mapping[PlanId, Plan]
    ) -> None:
        ordinal = self.schedule.ordinal_on(moment.today) if self.schedule else None
        if self.schedule is None or ordinal is None or self.status is _S.SUSPENDED:
            return  # nothing accrues that could be given back
        running, whole = self.schedule.period(ordinal), self.schedule.whole_period(ordinal)
        old = self._accruing_in(ordinal, moment, plans)
        if moment.today not in running or old is None or not plan.billing_period.recurs:
            return
        price = plan.price_at(moment.at, plan.billing_period)
        divisor = seconds_bought(whole.start, plan.billing_period, moment.timezone)
        new = accrual_of(ordinal, (plan.id, plan.plan_key), quantity, (price.price_cents, price.currency), divisor)
        rest = Remainder(at=moment.at, period=running, timezone=moment.timezone)
        due_on = moment.today if proration is Proration.IMMEDIATE else running.end
        found = prorate(old, new, rest, due_on=due_on, number=self.adjustment_count)
        self.adjustments = (*self.adjustments, *found)
        self.adjustment_count += len(found)
        self.accruing = new

    def _accruing_in(self, ordinal: int, moment: Moment, plans: Mapping[PlanId, Plan]) -> Accrual | None:
        """Return what the running period costs from here on, or None for what is charged once."""
        if self.accruing is not None and self.accruing.ordinal == ordinal:
            return self.accruing
        if self.schedule is None or not self.schedule.leg(ordinal).cadence.recurs:
            return None
        terms, whole = self.terms_of(ordinal), self.schedule.whole_period(ordinal)
        price = plans[terms.plan_id].price_at(
            self.priced_at(whole.start, moment.timezone), self.schedule.leg(ordinal).cadence
        )
        divisor = seconds_bought(whole.start, self.schedule.leg(ordinal).cadence, moment.timezone)
        named = (terms.plan_id, terms.plan_key)
        return accrual_of(ordinal, named, terms.quantity, (price.price_cents, price.currency), divisor)

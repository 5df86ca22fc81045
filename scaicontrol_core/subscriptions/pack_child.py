"""How a child of a pack follows its pack, and how it leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from scaicontrol_core.subscriptions.events import SubscriptionActivated, SubscriptionMirrored
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.snapshot import comparable_state, event_fields
from scaicontrol_core.subscriptions.terms import Terms
from scaicontrol_core.subscriptions.timing import Timing

if TYPE_CHECKING:
    from datetime import date, datetime

    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.subscriptions.pack_state import PackState

#: Why a child ended while its pack goes on.
NO_LONGER_INCLUDED = "no_longer_in_pack"


@define(kw_only=True, eq=False)
class PackChild(Timing):
    """The verbs that only a pack calls. None of them publishes anything, but leaving."""

    def follow(self, pack: PackState, plan: Plan) -> None:
        """Stand where the pack stands, on the plan that the pack includes; nothing is charged for a child."""
        before = comparable_state(self)
        if plan.id != self.plan_id or self.activated_at is None:
            self._inherit_rate(plan)
        self._take_plan(plan, pack.ordinal)
        if pack.status is not self.status:
            self._move(pack.status)
        self.schedule, self.current_period = pack.schedule, pack.current_period
        self.trial_ends_at = pack.trial_ends_at
        self.pending_cancellation_at = pack.pending_cancellation_at
        self.past_due_since = pack.past_due_since
        self.activated_at = self.activated_at or pack.activated_at
        self.cancelled_at = pack.cancelled_at
        self.cancellation_reason = pack.cancellation_reason
        self.suspension_reason = pack.suspension_reason
        self._mirrored(plan, before)

    def drop_out(self, plan: Plan, at: datetime, today: date) -> None:
        """End, for the pack goes on without this service."""
        before = comparable_state(self)
        self._move(SubscriptionStatus.CANCELLED)
        self.cancelled_at, self.cancellation_reason = at, NO_LONGER_INCLUDED
        if self.schedule:
            self.schedule = self.schedule.ending(min(today, self.schedule.until or today))
        self._mirrored(plan, before)

    def leave_pack(self, plan: Plan, at: datetime) -> None:
        """Go on alone, as it stands: the customer chose another plan of this one service.

        Nobody has heard of it until now, so this is when it is announced as activated.
        """
        before = comparable_state(self)
        self.pack_subscription_id = None
        once = event_fields(self, plan, before) | {"ordinal": 1}
        self._record(SubscriptionActivated(**once, activated_at=self.activated_at or at))

    def _take_plan(self, plan: Plan, ordinal: int) -> None:
        if plan.id == self.plan_id:
            return
        current = Terms(from_ordinal=0, plan_id=self.plan_id, plan_key=self.plan_key, quantity=self.quantity)
        kept = tuple(terms for terms in self.terms_by_period or (current,) if terms.from_ordinal < ordinal)
        following = Terms(from_ordinal=ordinal, plan_id=plan.id, plan_key=plan.plan_key, quantity=self.quantity)
        self.terms_by_period = (*kept, following)
        self.plan_id, self.plan_key = plan.id, plan.plan_key

    def _mirrored(self, plan: Plan, before: dict[str, object]) -> None:
        self._record(SubscriptionMirrored(**event_fields(self, plan, before)))

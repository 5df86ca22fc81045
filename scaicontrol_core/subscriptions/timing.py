"""What time does to a subscription, and how its dates are moved: trials, terms, notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from attrs import define, evolve

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Period, local_date, start_of_day
from scaicontrol_core.subscriptions.changing import Changes
from scaicontrol_core.subscriptions.errors import NotInTrial, PlanFixed
from scaicontrol_core.subscriptions.events import SubscriptionRateRefreshed, SubscriptionTrialEnding
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.snapshot import comparable_state, event_fields

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan

#: Days before the end of a trial at which its customer is told, once each.
TRIAL_NOTICES = (7, 3, 1)
_LONGEST_TRIAL = timedelta(days=730)
_S = SubscriptionStatus


@define(kw_only=True, eq=False)
class Timing(Changes):
    """The verbs about trials and terms."""

    def extend_trial(self, plan: Plan, until: date, timezone: str) -> None:
        """Let the trial end on a later local day. Raises ``NotInTrial``, ``Invalid`` (``trial_end_invalid``)."""
        if self.status is not _S.TRIALING or self.trial_ends_at is None:
            raise NotInTrial(self.status.value)
        ends_on = local_date(self.trial_ends_at, timezone)
        if not ends_on < until <= self.starts_on + _LONGEST_TRIAL:
            text = f"The trial ends on {ends_on}; name a later day, within two years of its start."
            raise Invalid.field("/until", text, code="trial_end_invalid")
        before = comparable_state(self)
        self.trial_ends_at = start_of_day(until, timezone)
        self.current_period = Period(self.starts_on, until)
        self.trial_notice = None
        if self.pending_change is not None:
            self.pending_change = evolve(self.pending_change, effective_on=until, effective_at=self.trial_ends_at)
        self._changed(plan, "trial_extended", before)

    def note_trial_ending(self, plan: Plan, today: date, timezone: str) -> bool:
        """Announce that the trial ends soon; tell whether there was anything to say.

        Once for 7, 3 and 1 days; a day that was missed is caught up with at the nearest of them only.
        """
        if self.status is not _S.TRIALING or self.trial_ends_at is None:
            return False
        ends_on = local_date(self.trial_ends_at, timezone)
        left = (ends_on - today).days
        reached = min((days for days in TRIAL_NOTICES if left <= days), default=None)
        if left <= 0 or reached is None or (self.trial_notice is not None and reached >= self.trial_notice):
            return False
        told = event_fields(self, plan) | {"changes": {"trial_notice": (self.trial_notice, reached)}}
        self.trial_notice = reached
        self._record(SubscriptionTrialEnding(**told, days_left=left, threshold_days=reached, trial_ends_on=ends_on))
        return True

    def refresh_rate(self, plan: Plan) -> None:
        """Let usage reported from now on cost what the plan's last refresh says; records a change, if it is one.

        What the plan has no rate of keeps the one it has, as long as the plan charges it by cost.
        """
        before = comparable_state(self)
        kept = {metric: rate for metric, rate in self.billable_rate.items() if metric in plan.terms.cost_margins}
        self.billable_rate = kept | plan.billable_rate
        if comparable_state(self) != before:
            self._record(SubscriptionRateRefreshed(**event_fields(self, plan, before)))

    def set_term(self, plan: Plan, ends_on: date | None, today: date, timezone: str) -> None:
        """Fix the local day it expires on, or with None let it go on. Raises ``PlanFixed``, ``Invalid``."""
        if self.status is _S.CANCELLING or not self.is_live:
            raise PlanFixed(self.status.value)
        before = comparable_state(self)
        if ends_on is None:
            self.term_ends_on = self.term_ends_at = None
        else:
            self._fix_term(ends_on, today, timezone, "/ends_on")
        if self.schedule:
            self.schedule = self.schedule.ending(ends_on)
        if comparable_state(self) != before:
            self._changed(plan, "term_change", before)

    def begin_with_term(self, ends_on: date, today: date, timezone: str) -> None:
        """Give a subscription that is not active yet a fixed term. Raises ``Invalid`` (``term_invalid``)."""
        self._fix_term(ends_on, today, timezone, "/term_ends_on")

    def _fix_term(self, ends_on: date, today: date, timezone: str, pointer: str) -> None:
        if ends_on <= max(today, self.starts_on):
            raise Invalid.field(pointer, "A term ends after today.", code="term_invalid")
        self.term_ends_on, self.term_ends_at = ends_on, start_of_day(ends_on, timezone)

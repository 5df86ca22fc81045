"""Move on the subscriptions whose time has come: trials, cancellations, terms, pauses, planned changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.offering import TRIAL_TIER
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.reaping import reap_each
from scaicontrol_core.subscriptions.situation import Situation, load_situation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_S = SubscriptionStatus


@frozen
class ReapSubscriptions:
    """Each subscription in its own transaction: killed anywhere and run again, the end is the same.

    What falls due is dated by its own due instant, so a late run changes no period. One that
    cannot be moved on keeps no other waiting; its error is raised when all others are done.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        """Return how many subscriptions were moved on."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()

        async def ripe(after: SubscriptionId | None, limit: int) -> Sequence[SubscriptionId]:
            async with self.work.begin(actor, read_only=True) as work:
                return await work.subscriptions.ripe(now, after=after, limit=limit)

        return await reap_each(ripe, lambda subscription_id: self._reap(actor, subscription_id, now))

    async def _reap(self, actor: Actor, subscription_id: SubscriptionId, now: datetime) -> bool:
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            planned = here.subscription.pending_change
            if planned is not None and planned.effective_at <= now:
                here = evolve(here, plan=await work.plans.get(planned.plan_id))
                here.subscription.apply_change(here.plan, here.timezone)
            while move_on(here, now):
                pass
            if not here.subscription.has_changed:
                return False
            await work.subscriptions.save(here.subscription)
            await work.commit()
        return True


def move_on(here: Situation, now: datetime) -> bool:
    """Make the move that is due at ``now``, dated when it fell due; tell whether there was one.

    A trial of a trial-tier plan ends in cancellation; another becomes active if the tenant
    pays by invoice or the plan costs nothing, else it is cancelled for want of a payment method.
    """
    it, plan = here.subscription, here.plan
    if it.status is _S.CANCELLING and it.pending_cancellation_at and it.pending_cancellation_at <= now:
        due = it.pending_cancellation_at
        it.cancel(plan, due, local_date(due, here.timezone))
    elif it.status is _S.ACTIVE and it.term_ends_at and it.term_ends_at <= now:
        it.expire(plan, it.term_ends_at, local_date(it.term_ends_at, here.timezone))
    elif it.status is _S.SUSPENDED and it.resumes_at and it.resumes_at <= now:
        it.resume(plan, local_date(it.resumes_at, here.timezone))
    elif it.status is _S.TRIALING and it.trial_ends_at and it.trial_ends_at <= now:
        ended_on = local_date(it.trial_ends_at, here.timezone)
        is_trial_plan = plan.tier == TRIAL_TIER
        if not is_trial_plan and (here.tenant.pays_by_invoice or plan.base_price_cents == 0):
            it.end_trial(plan, ended_on)
        else:
            reason = "trial_ended" if is_trial_plan else "no_payment_method"
            it.cancel(plan, it.trial_ends_at, ended_on, reason)
    else:
        return False
    return True

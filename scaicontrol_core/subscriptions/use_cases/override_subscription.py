"""Override a subscription by hand: its plan, its status, or both."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol_core.subscriptions.offering import require_offered
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.subscription import Subscription


@frozen
class OverrideSubscription:
    """Set the plan (price counts from the next cycle) and make any legal status move.

    Raises ``NotFound``, ``InvalidTransition``, ``PlanFixed``, ``Invalid``
    (``plan_of_other_service``, ``nothing_to_override``) and what ``require_offered`` raises.
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(
        self,
        actor: Actor,
        subscription_id: SubscriptionId,
        *,
        plan_key: str | None = None,
        status: SubscriptionStatus | None = None,
    ) -> Subscription:
        """Change the plan first, then the status; both or neither are written."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        if plan_key is None and status is None:
            raise Invalid.field("", "Name a plan_key or a status to change.", code="nothing_to_override")
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            subscription, plan = here.subscription, here.plan
            if plan_key is not None:
                plan = await work.plans.by_key(plan_key)
                require_offered(plan, await work.services.get(plan.service_id), here.partner)
                subscription.change_plan(plan, here.today)
            if status is not None:
                subscription.change_status(plan, status, now, here.today, here.timezone)
            if subscription.has_changed:
                await work.subscriptions.save(subscription)
                await work.commit()
        return subscription

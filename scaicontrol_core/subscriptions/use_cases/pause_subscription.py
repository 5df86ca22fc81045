"""Pause a subscription, until a day or until it is resumed."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.period import start_of_day
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionsWork
from scaicontrol_core.subscriptions.situation import load_situation
from scaicontrol_core.subscriptions.subscription import PAUSE, Subscription


@frozen
class PauseSubscription:
    """Suspend it for a while: no service, no charge.

    Raises ``NotFound``, ``InvalidTransition``, ``Invalid`` (``resume_date_invalid``).
    """

    work: UnitOfWorkFactory[SubscriptionsWork]
    clock: Clock

    async def __call__(
        self, actor: Actor, subscription_id: SubscriptionId, *, until: date | None = None
    ) -> Subscription:
        """Pause it; with ``until`` the reaper resumes it at the beginning of that local day."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS)
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            here = await load_situation(work, subscription_id, now)
            if until is not None and until <= here.today:
                raise Invalid.field("/until", "A pause ends after today.", code="resume_date_invalid")
            resumes_at = start_of_day(until, here.timezone) if until else None
            here.subscription.suspend(here.plan, here.today, PAUSE, resumes_at=resumes_at)
            if here.subscription.has_changed:
                await work.subscriptions.save(here.subscription)
                await work.commit()
        return here.subscription

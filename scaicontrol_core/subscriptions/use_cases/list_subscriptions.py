"""List subscriptions."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.ports import SubscriptionFilter, SubscriptionsWork
from scaicontrol_core.subscriptions.subscription import Subscription


@frozen
class ListSubscriptions:
    """Return part of the subscriptions within the actor's scope."""

    work: UnitOfWorkFactory[SubscriptionsWork]

    async def __call__(self, actor: Actor, wanted: SubscriptionFilter, page: PageRequest) -> Page[Subscription]:
        """Return the page."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.subscriptions.list(wanted, page)

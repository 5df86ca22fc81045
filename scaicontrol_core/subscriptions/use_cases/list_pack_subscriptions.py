"""List subscriptions to packs."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.subscriptions.pack_ports import PackSubscriptionFilter
from scaicontrol_core.subscriptions.pack_subscription import PackSubscription
from scaicontrol_core.subscriptions.ports import SubscriptionsWork


@frozen
class ListPackSubscriptions:
    """Return part of the pack subscriptions within the actor's scope."""

    work: UnitOfWorkFactory[SubscriptionsWork]

    async def __call__(self, actor: Actor, wanted: PackSubscriptionFilter, page: PageRequest) -> Page[PackSubscription]:
        """Return the page."""
        actor.require(Permission.ADMIN_SUBSCRIPTIONS, Permission.SUBSCRIPTIONS_READ)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.pack_subscriptions.list(wanted, page)

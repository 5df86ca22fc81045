"""Browse the webhook subscriptions."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ports import SubscriptionFilter
from scaicontrol_core.delivery.standing import WebhookStanding, standings
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListWebhookSubscriptions:
    """Return a page of the subscriptions within scope that the filter lets pass, and how each fares."""

    work: UnitOfWorkFactory[DeliveryWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, criteria: SubscriptionFilter | None = None
    ) -> Page[WebhookStanding]:
        """Return the page."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            page = await work.webhook_subscriptions.list(request, criteria or SubscriptionFilter())
            return Page(await standings(work, page.items), page.total, page.next_cursor)

"""Search the delivery log."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ports import DeliveryFilter
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ListWebhookDeliveries:
    """Return a page of the deliveries within scope that the filter lets pass, newest first."""

    work: UnitOfWorkFactory[DeliveryWork]

    async def __call__(
        self, actor: Actor, request: PageRequest, criteria: DeliveryFilter | None = None
    ) -> Page[WebhookDelivery]:
        """Return the page."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            return await work.webhook_deliveries.list(request, criteria or DeliveryFilter())

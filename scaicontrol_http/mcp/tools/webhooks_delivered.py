"""``manage_webhooks``: what was delivered, and what is sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from scaicontrol_core.access import Permission
from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus
from scaicontrol_core.delivery.ports import DeliveryFilter
from scaicontrol_core.delivery.use_cases.get_webhook_delivery import GetWebhookDelivery
from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
from scaicontrol_core.delivery.use_cases.replay_dead_deliveries import ReplayDeadDeliveries
from scaicontrol_core.delivery.use_cases.replay_deliveries_since import ReplayDeliveriesSince
from scaicontrol_core.delivery.use_cases.replay_webhook_delivery import ReplayWebhookDelivery
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import EventId
from scaicontrol_http.mcp.action import Action, Call, Sorted, Writing
from scaicontrol_http.requests import Listing, instant_of, listing
from scaicontrol_http.webhooks.schemas import DeliveryAnswer, DeliveryStoryAnswer, ReplayAnswer

ADMIN = (Permission.ADMIN_BILLING,)

WebhookId = Annotated[
    str, Meta(max_length=64, description="Id of a subscriber.", examples=["whs_01KA1B2C3D4E5F6G7H8J9K0M1N"])
]
DeliveryId = Annotated[
    str, Meta(max_length=64, description="Id of a delivery.", examples=["whd_01KA1B2C3D4E5F6G7H8J9K0M1N"])
]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with its offset.", examples=["2026-01-15T08:00:00Z"])]


class One(Action):
    """An action on one subscriber."""

    webhook_id: WebhookId

    @property
    def wanted(self) -> WebhookSubscriptionId:
        """Which one."""
        return WebhookSubscriptionId(self.webhook_id)


class Deliveries(Sorted, tag="list_deliveries"):
    """List deliveries, newest first: of one subscriber or of all, in one state or in any."""

    needs = ADMIN

    webhook_id: WebhookId | None = None
    status: Annotated[DeliveryStatus, Meta(description="Only those in this state; dead: given up.")] | None = None
    topic: Annotated[str, Meta(max_length=200, description="Only of this topic.", examples=["invoice.paid.v1"])] | (
        None
    ) = None
    event_id: Annotated[str, Meta(max_length=64, description="Only of this event.")] | None = None

    async def run(self, call: Call) -> Listing[DeliveryAnswer]:
        """Call ``ListWebhookDeliveries``."""
        wanted = DeliveryFilter(
            subscription_id=WebhookSubscriptionId(self.webhook_id) if self.webhook_id else None,
            status=self.status,
            topic=self.topic,
            event_id=EventId(self.event_id) if self.event_id else None,
        )
        return listing(await call.use(ListWebhookDeliveries)(call.actor, call.page, wanted), DeliveryAnswer.of)


class Delivery(Action, tag="get_delivery"):
    """Show one delivery: every attempt, what the receiver said, and the body as it was signed."""

    needs = ADMIN

    delivery_id: DeliveryId

    async def run(self, call: Call) -> DeliveryStoryAnswer:
        """Call ``GetWebhookDelivery``."""
        found = await call.use(GetWebhookDelivery)(call.actor, WebhookDeliveryId(self.delivery_id))
        return DeliveryStoryAnswer.of(found)


class Replay(Writing, tag="replay"):
    """Send what one delivery held once more."""

    needs = ADMIN

    delivery_id: DeliveryId

    async def run(self, call: Call) -> DeliveryAnswer:
        """Call ``ReplayWebhookDelivery``."""
        again = await call.use(ReplayWebhookDelivery)(call.actor, WebhookDeliveryId(self.delivery_id))
        return DeliveryAnswer.of(again)


class ReplaySince(One, Writing, tag="replay_since"):
    """Send a subscriber every event since an instant once more; call again with next_after while there are more."""

    needs = ADMIN

    since: Instant
    next_after: Annotated[int, Meta(ge=0, le=2**62, description="next_after of the answer before.")] = 0

    async def run(self, call: Call) -> ReplayAnswer:
        """Call ``ReplayDeliveriesSince``."""
        since = instant_of(self.since, "/since")
        if since is None:
            raise Invalid.field("/since", "The field since is required.", code="invalid_body")
        done = await call.use(ReplayDeliveriesSince)(call.actor, self.wanted, since, self.next_after)
        return ReplayAnswer.of(done)


class ReplayDead(One, Writing, tag="replay_dead"):
    """Send a subscriber once more what was given up; call again while there is more."""

    needs = ADMIN

    async def run(self, call: Call) -> ReplayAnswer:
        """Call ``ReplayDeadDeliveries``."""
        done = await call.use(ReplayDeadDeliveries)(call.actor, self.wanted)
        return ReplayAnswer.of(done)


ACTIONS = (Deliveries, Delivery, Replay, ReplaySince, ReplayDead)

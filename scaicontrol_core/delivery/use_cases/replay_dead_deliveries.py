"""Send everything once more that a subscription did not take."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.replaying import CHUNK, MOST_REPLAYED, ReplayReport, active_subscription
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory

if TYPE_CHECKING:
    from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery


@frozen
class ReplayDeadDeliveries:
    """Make new deliveries of all events whose last delivery to this subscription is dead.

    Run again it replays what is dead then: what waits already is not doubled. Raises ``NotFound``, ``Refused``
    (``webhook_disabled``).
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids
    retry: Retry

    async def __call__(self, actor: Actor, subscription_id: WebhookSubscriptionId) -> ReplayReport:
        """Return how many were made, and whether some are left for another call."""
        actor.require(Permission.ADMIN_BILLING)
        made, after = 0, None
        while made < MOST_REPLAYED:
            dead = await self.retry(partial(self._chunk, actor, subscription_id, after))
            made += len(dead)
            if len(dead) < CHUNK:
                return ReplayReport(made, more=False)
            after = dead[-1].id
        return ReplayReport(made, more=True)

    async def _chunk(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, after: WebhookDeliveryId | None
    ) -> list[WebhookDelivery]:
        now = self.clock.now()
        async with self.work.begin(actor) as work:
            subscription = await active_subscription(work, subscription_id)
            dead = list(await work.webhook_deliveries.dead_of(subscription_id, after, CHUNK))
            new = [each.repeated(self.ids.new("whd"), each.replay + 1, now) for each in dead]
            if new:
                await work.webhook_deliveries.add_each(new)
                subscription.record_replay("dead", len(new), new[0].id)
                work.webhook_subscriptions.announce(subscription)
                await work.commit()
        return dead

"""Send everything once more that happened since a time."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.replaying import CHUNK, MOST_REPLAYED, ReplayReport, active_subscription, repeat
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock, as_utc
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory


@frozen
class ReplayDeliveriesSince:
    """Make deliveries of every event since a time that the subscription wants today.

    Those that were never delivered to it are among them (it was disabled, or asked for other topics); those that
    are pending are not doubled. Raises ``NotFound``, ``Refused`` (``webhook_disabled``).
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids
    retry: Retry

    async def __call__(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, since: datetime, after: int = 0
    ) -> ReplayReport:
        """Return how many were made; if more are left, ``next_after`` is what to ask for next."""
        actor.require(Permission.ADMIN_BILLING)
        moment, made = as_utc(since), 0
        while made < MOST_REPLAYED:
            count, last = await self.retry(partial(self._chunk, actor, subscription_id, moment, after))
            made += count
            if last is None:
                return ReplayReport(made, more=False)
            after = last
        return ReplayReport(made, more=True, next_after=after)

    async def _chunk(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, since: datetime, after: int
    ) -> tuple[int, int | None]:
        """Return how many were made, and the last position looked at; None at the end."""
        async with self.work.begin(actor) as work:
            subscription = await active_subscription(work, subscription_id)
            events = await work.outbox.since(since, after, CHUNK)
            new = await repeat(work, subscription, [each for _, each in events], self.ids, self.clock.now())
            if new:
                await work.webhook_deliveries.add_each(new)
                subscription.record_replay(f"since {since:%FT%TZ}", len(new), new[0].id)
                work.webhook_subscriptions.announce(subscription)
                await work.commit()
        return len(new), events[-1][0] if len(events) == CHUNK else None

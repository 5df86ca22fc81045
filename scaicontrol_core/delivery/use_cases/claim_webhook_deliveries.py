"""Second pass, first half: take deliveries that are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.health import WebhookHealth
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.outcome import ErrorClass
from scaicontrol_core.delivery.parcel import Parcel, parcel_of
from scaicontrol_core.delivery.ports import Randomness
from scaicontrol_core.delivery.sharing import Share, shares
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.work import UnitOfWorkFactory

_Subscriptions = Mapping[WebhookSubscriptionId, WebhookSubscription]


@frozen
class ClaimWebhookDeliveries:
    """Claim up to so many deliveries, a few per subscription, and commit that before anything is sent.

    Whoever does not come back with an answer within the lease is followed by another, who sends the same bytes
    under the same id.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids
    randomness: Randomness

    async def __call__(self, actor: Actor, capacity: int) -> Sequence[Parcel]:
        """Return what to send."""
        actor.require_platform()
        owner, now = self.ids.new("wrk"), self.clock.now()
        async with self.work.begin(actor, read_only=True) as work:
            waiting = await work.webhook_deliveries.waiting(now)
        if not waiting:
            return ()
        async with self.work.begin(actor) as work:
            # Who waited has been asked outside: whether they may be sent anything is asked here.
            subscriptions = await work.webhook_subscriptions.get_many(waiting)
            claimed = await self._claim(work, subscriptions, owner, now, capacity)
            if not claimed:
                return ()
            bodies = await work.outbox.bodies([each.event_id for each in claimed])
            await work.commit()
        return tuple(
            parcel_of(each, subscriptions[each.subscription_id], bodies[each.event_id], owner, now) for each in claimed
        )

    async def _claim(
        self, work: DeliveryWork, subscriptions: _Subscriptions, owner: str, now: datetime, capacity: int
    ) -> list[WebhookDelivery]:
        healths = await work.webhook_healths.of([*subscriptions])
        shares = self._shares(subscriptions, healths, await work.webhook_deliveries.in_flight(now), now, capacity)
        found = await work.webhook_deliveries.due(shares, now) if shares else ()
        for each in found:
            each.claim(owner, now)
        claimed = await work.webhook_deliveries.claim_each(found)
        # Whoever claims for the same subscriptions at the same time has counted the same in flight: one begins again.
        await work.webhook_healths.count_each([healths[key] for key in {each.subscription_id for each in claimed}])
        worn = [each for each in claimed if each.is_worn_out]
        for each in worn:
            each.abandon(now)
            each.last_error = ErrorClass.FAULT
        await work.webhook_deliveries.settle_each(owner, [(each, None) for each in worn])
        return [each for each in claimed if each.is_pending]

    def _shares(
        self,
        subscriptions: _Subscriptions,
        healths: Mapping[WebhookSubscriptionId, WebhookHealth],
        busy: Mapping[WebhookSubscriptionId, int],
        now: datetime,
        capacity: int,
    ) -> list[Share]:
        free: dict[WebhookSubscriptionId, int] = {
            key: healths[key].may_send(now, in_flight=busy.get(key, 0), most=found.terms.max_in_flight)
            for key, found in subscriptions.items()
            if found.is_active and key in healths
        }
        given = shares(free, capacity, self.randomness.below(max(1, len(free))))
        return [
            Share(subscription_id=key, count=count, ordered=subscriptions[key].terms.ordered)
            for key, count in given.items()
        ]

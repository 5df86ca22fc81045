"""Webhook delivery: one event on its way to one subscription, and every attempt at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define, frozen

from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DELIVERY_LIFECYCLE, DeliveryStatus
from scaicontrol_core.delivery.outcome import Answer, ErrorClass, Verdict, error_class, verdict
from scaicontrol_core.delivery.retry_schedule import MOST_CLAIMS, ORDERED_ATTEMPTS, wait_after
from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.kernel.ids import EventId, PartnerId, TenantId

if TYPE_CHECKING:
    from scaicontrol_core.delivery.envelope import Envelope
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription

#: For how long a claim holds: the longest POST, and time to write down what came of it.
LEASE = timedelta(seconds=60)
#: What was not sent for reasons of our own is looked at again after this.
UNSENT_WAIT = timedelta(minutes=1)


class DeliveryNotDue(Conflict):
    """The delivery is done, not due yet, or in another worker's hands."""

    code = "webhook_delivery_not_due"


@frozen(kw_only=True)
class DeliveryAttempt:
    """One line of the delivery log; ``ordinal`` counts a delivery's attempts from 1.

    ``status`` is the HTTP status, ``answer`` the beginning of what the receiver said; ``next_due_at`` None if
    there is no further attempt. An attempt whose worker died has no line: its number is missing.
    """

    delivery_id: WebhookDeliveryId
    ordinal: int
    subscription_id: WebhookSubscriptionId
    partner_id: PartnerId | None
    at: datetime
    latency_ms: int
    verdict: Verdict
    status: int | None = None
    error: ErrorClass | None = None
    answer: str | None = None
    next_due_at: datetime | None = None


@define(kw_only=True, eq=False)
class WebhookDelivery:
    """An event for a subscription; ``event_id`` is the webhook's id, the same in every attempt and every replay.

    ``partner_id`` is the subscription's owner, ``tenant_id`` the event's tenant. ``replay`` is 0 for the first
    delivery of an event, then counts; ``replay_of`` names the delivery that is repeated. ``order_key`` and
    ``sequence`` say behind which others it waits.
    """

    id: WebhookDeliveryId
    subscription_id: WebhookSubscriptionId
    partner_id: PartnerId | None
    event_id: EventId
    topic: str
    idempotency_key: str
    tenant_id: TenantId | None
    order_key: str
    sequence: int
    created_at: datetime
    due_at: datetime
    replay: int = 0
    replay_of: WebhookDeliveryId | None = None
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    last_status: int | None = None
    last_error: ErrorClass | None = None
    finished_at: datetime | None = None

    @classmethod
    def of(
        cls, delivery_id: str, envelope: Envelope, subscription: WebhookSubscription, now: datetime
    ) -> WebhookDelivery:
        """Return the first delivery of an event to a subscription."""
        return cls(
            id=WebhookDeliveryId(delivery_id),
            subscription_id=subscription.id,
            partner_id=subscription.partner_id,
            event_id=EventId(envelope.id),
            topic=envelope.type,
            idempotency_key=envelope.idempotency_key,
            tenant_id=TenantId(envelope.tenant_id) if envelope.tenant_id else None,
            order_key=envelope.aggregate.order_key,
            sequence=envelope.aggregate.sequence,
            created_at=now,
            due_at=now,
        )

    @property
    def is_pending(self) -> bool:
        """Tell whether it is still to arrive."""
        return self.status is DeliveryStatus.PENDING

    @property
    def claimed_at(self) -> datetime | None:
        """When it was claimed; None if nobody holds it."""
        return None if self.lease_until is None else self.lease_until - LEASE

    def is_due(self, now: datetime) -> bool:
        """Tell whether a worker may take it now."""
        free = self.lease_until is None or self.lease_until <= now
        return self.is_pending and self.due_at <= now and free

    def holds_back(self, other: WebhookDelivery) -> bool:
        """Tell whether ``other``, of an ordered subscription, waits for this one.

        It waits for an older event of the same aggregate until that has been tried often; replays wait for replays.
        """
        same = self.subscription_id == other.subscription_id and self.order_key == other.order_key
        alike = (self.replay == 0) == (other.replay == 0)
        older = (self.sequence, self.replay) < (other.sequence, other.replay)
        return same and alike and older and self.is_pending and self.attempts < ORDERED_ATTEMPTS

    # -- verbs -------------------------------------------------------------------------------

    def claim(self, owner: str, now: datetime) -> None:
        """Take it for a while: an attempt, whatever comes of it; raises ``DeliveryNotDue``."""
        if not self.is_due(now):
            raise DeliveryNotDue(
                f"The delivery {self.id} is {self.status.value}, or not due before {self.due_at:%F %T}."
            )
        self.lease_owner, self.lease_until = owner, now + LEASE
        self.attempts += 1

    @property
    def is_worn_out(self) -> bool:
        """Tell whether worker after worker died over it: nobody takes it up for ever."""
        return self.attempts > MOST_CLAIMS

    def settle(self, answer: Answer, at: datetime, jitter: int) -> DeliveryAttempt | None:
        """Note what came of a claim. Returns the log's line; None if nothing was sent, which is no attempt."""
        judged = verdict(answer)
        self.lease_owner = self.lease_until = None
        self.last_status, self.last_error = answer.status, error_class(answer)
        if judged is Verdict.UNSENT:
            self.attempts -= 1
            self.due_at = at + UNSENT_WAIT
            return None
        wait = wait_after(self.attempts, jitter, answer.retry_after) if judged is Verdict.RETRY else None
        if wait is not None:
            self.due_at = at + wait
        else:
            self._move(DeliveryStatus.DISPATCHED if judged is Verdict.ARRIVED else DeliveryStatus.DEAD)
            self.finished_at = at
        return DeliveryAttempt(
            delivery_id=self.id,
            ordinal=self.attempts,
            subscription_id=self.subscription_id,
            partner_id=self.partner_id,
            at=at,
            latency_ms=answer.latency_ms,
            verdict=judged,
            status=answer.status,
            error=self.last_error,
            answer=answer.text,
            next_due_at=self.due_at if wait is not None else None,
        )

    def abandon(self, at: datetime) -> None:
        """Give it up: its subscription is no more, or nobody survives it."""
        self._move(DeliveryStatus.DEAD)
        self.lease_owner = self.lease_until = None
        self.finished_at = at

    def repeated(self, delivery_id: str, replay: int, now: datetime) -> WebhookDelivery:
        """Return a new delivery of the same event under the same webhook id."""
        return WebhookDelivery(
            id=WebhookDeliveryId(delivery_id),
            subscription_id=self.subscription_id,
            partner_id=self.partner_id,
            event_id=self.event_id,
            topic=self.topic,
            idempotency_key=self.idempotency_key,
            tenant_id=self.tenant_id,
            order_key=self.order_key,
            sequence=self.sequence,
            created_at=now,
            due_at=now,
            replay=replay,
            replay_of=self.id,
        )

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: DeliveryStatus) -> None:
        DELIVERY_LIFECYCLE.require(self.status, target)
        self.status = target


@frozen
class DeliveryStory:
    """A delivery, every attempt at it, and the bytes it brings; empty while the event is not in the feed."""

    delivery: WebhookDelivery
    attempts: tuple[DeliveryAttempt, ...]
    body: bytes

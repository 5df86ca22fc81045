"""What delivery needs from the outside: where things are kept, chance, and the network."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import DeliveryStatus, WebhookStatus
from scaicontrol_core.delivery.outcome import ErrorClass
from scaicontrol_core.kernel.ids import EventId, PartnerId
from scaicontrol_core.kernel.paging import Sorting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.delivery.health import WebhookHealth
    from scaicontrol_core.delivery.outcome import Answer
    from scaicontrol_core.delivery.parcel import Parcel
    from scaicontrol_core.delivery.sharing import Share
    from scaicontrol_core.delivery.webhook_delivery import DeliveryAttempt, WebhookDelivery
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
    from scaicontrol_core.kernel.paging import Page, PageRequest


WEBHOOK_SORTING = Sorting("webhook_subscriptions", ("created_at",), "-created_at")
DELIVERY_SORTING = Sorting("webhook_deliveries", ("created_at",), "-created_at")


@frozen(kw_only=True)
class SubscriptionFilter:
    """Which webhook subscriptions a list shows; None means all."""

    status: WebhookStatus | None = None
    partner_id: PartnerId | None = None


@frozen(kw_only=True)
class DeliveryFilter:
    """Which deliveries a list shows; None means all. ``since`` and ``until`` (exclusive) bound their creation."""

    subscription_id: WebhookSubscriptionId | None = None
    status: DeliveryStatus | None = None
    topic: str | None = None
    event_id: EventId | None = None
    idempotency_key: str | None = None
    last_error: ErrorClass | None = None
    since: datetime | None = None
    until: datetime | None = None


class WebhookSubscriptions(Protocol):
    """The webhook subscriptions within scope."""

    async def get(self, subscription_id: WebhookSubscriptionId) -> WebhookSubscription:
        """Return one, or raise ``NotFound`` (``webhook_subscription_not_found``)."""
        ...

    async def get_many(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[WebhookSubscriptionId, WebhookSubscription]:
        """Return those of the ids that exist."""
        ...

    async def add(self, subscription: WebhookSubscription) -> None:
        """Write a new one."""
        ...

    async def save(self, subscription: WebhookSubscription) -> None:
        """Write a changed one, or raise ``Stale``."""
        ...

    async def remove(self, subscription: WebhookSubscription) -> None:
        """Delete one at the version it has, or raise ``Stale``; its deliveries stay in the log."""
        ...

    def announce(self, subscription: WebhookSubscription) -> None:
        """Take over what it recorded, without writing it."""
        ...

    async def list(self, request: PageRequest, criteria: SubscriptionFilter) -> Page[WebhookSubscription]:
        """Return a page, newest first unless sorted otherwise (``created_at``)."""
        ...

    async def active(self) -> Sequence[WebhookSubscription]:
        """Return all that are active, by id."""
        ...

    async def owing_notices(self, limit: int) -> Sequence[WebhookSubscription]:
        """Return those whose owner still has to be written to."""
        ...


class WebhookHealths(Protocol):
    """How receivers fare: one row per subscription."""

    async def of(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[WebhookSubscriptionId, WebhookHealth]:
        """Return those of the subscriptions that exist."""
        ...

    async def add(self, health: WebhookHealth) -> None:
        """Write that of a new subscription."""
        ...

    async def save_each(self, healths: Sequence[WebhookHealth]) -> None:
        """Write each where its serial is still the one it was read with; raises ``Retryable`` if any is not."""
        ...

    async def count_each(self, healths: Sequence[WebhookHealth]) -> None:
        """Count each as written, without a change, where it is as it was read; else ``Retryable``, as ``save_each``."""
        ...

    async def remove(self, subscription_id: WebhookSubscriptionId) -> None:
        """Delete that of a subscription that is no more."""
        ...


class WebhookDeliveries(Protocol):
    """Deliveries, and the log of attempts at them."""

    async def get(self, delivery_id: WebhookDeliveryId) -> WebhookDelivery:
        """Return one, or raise ``NotFound`` (``webhook_delivery_not_found``)."""
        ...

    async def list(self, request: PageRequest, criteria: DeliveryFilter) -> Page[WebhookDelivery]:
        """Return a page, newest first unless sorted otherwise (``created_at``)."""
        ...

    async def attempts_of(self, delivery_id: WebhookDeliveryId) -> Sequence[DeliveryAttempt]:
        """Return the log of one delivery, in order."""
        ...

    async def add_each(self, deliveries: Sequence[WebhookDelivery]) -> None:
        """Write new ones; raises ``Retryable`` if one of the same event, subscription and replay is there."""
        ...

    async def counts(
        self, subscription_ids: Sequence[WebhookSubscriptionId]
    ) -> Mapping[tuple[WebhookSubscriptionId, DeliveryStatus], int]:
        """Count what is pending and what is dead (never what arrived, which is too much) per subscription."""
        ...

    async def newest_of(
        self, subscription_id: WebhookSubscriptionId, event_ids: Sequence[EventId]
    ) -> Mapping[EventId, WebhookDelivery]:
        """Return each event's newest delivery to the subscription: that with the highest ``replay``."""
        ...

    async def dead_of(
        self, subscription_id: WebhookSubscriptionId, after: WebhookDeliveryId | None, limit: int
    ) -> Sequence[WebhookDelivery]:
        """Return a subscription's dead ones by id, each event's newest delivery only, after that id."""
        ...

    async def abandon_all(self, subscription_id: WebhookSubscriptionId, at: datetime) -> None:
        """Let all that is pending for a subscription be dead: it was deleted."""
        ...

    # -- the two passes ------------------------------------------------------------------------

    async def waiting(self, now: datetime) -> Sequence[WebhookSubscriptionId]:
        """Return the active subscriptions that have something due."""
        ...

    async def in_flight(self, now: datetime) -> Mapping[WebhookSubscriptionId, int]:
        """Count what is claimed under a lease that still runs, per subscription that has any."""
        ...

    async def due(self, shares: Sequence[Share], now: datetime) -> Sequence[WebhookDelivery]:
        """Return what may be claimed, each subscription's longest due first and no more than its share.

        Of an ordered one nothing is among it that waits for another.
        """
        ...

    async def claim_each(self, deliveries: Sequence[WebhookDelivery]) -> Sequence[WebhookDelivery]:
        """Write claims made just now, each where it is still for the taking; return those that were."""
        ...

    async def settle_each(self, owner: str, settled: Sequence[tuple[WebhookDelivery, DeliveryAttempt | None]]) -> None:
        """Write what came of claims, each while ``owner`` still holds it, and append to the log."""
        ...

    async def held_by(self, owner: str, delivery_ids: Sequence[WebhookDeliveryId]) -> Sequence[WebhookDelivery]:
        """Return those of the deliveries that are still in the owner's hands."""
        ...

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many deliveries are pending, and when the oldest of them was made."""
        ...

    async def forget_before(self, created_before: datetime, limit: int) -> int:
        """Delete up to ``limit`` finished deliveries created before then, with their log; return how many."""
        ...


class Randomness(Protocol):
    """Chance: keys that nobody guesses, and waits that don't coincide."""

    def key(self, size: int) -> bytes:
        """Return so many bytes from a source fit for secrets."""
        ...

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound`` - 1."""
        ...


class Destinations(Protocol):
    """Knows where may be sent to."""

    async def require(self, url: str) -> None:
        """Raise ``WebhookUrlRefused`` for an address that nothing is ever sent to.

        A name that leads nowhere today is let pass: every attempt looks again.
        """
        ...


class WebhookSender(Protocol):
    """Posts a parcel, whatever may befall it."""

    async def post(self, parcel: Parcel) -> Answer:
        """Return what came of it; never raises for what the network or the receiver does."""
        ...


class OwnerNotices(Protocol):
    """Writes to the owner of a subscription."""

    async def disabled(self, subscription: WebhookSubscription) -> None:
        """Say that nothing is sent any more, and why; once per ``disabled_count``, also if asked twice.

        Raises ``Unavailable`` to be asked again later.
        """
        ...

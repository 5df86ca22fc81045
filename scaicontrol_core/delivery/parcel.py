"""A parcel: everything a sender needs for one attempt, and nothing that changes between attempts but the time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.delivery.ids import WebhookDeliveryId, WebhookSubscriptionId
from scaicontrol_core.delivery.outcome import Answer
from scaicontrol_core.delivery.signature import signatures
from scaicontrol_core.delivery.webhook_delivery import WebhookDelivery
from scaicontrol_core.kernel.ids import EventId

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription

USER_AGENT = "ScaiControl-Webhooks/1"


@frozen(kw_only=True)
class Parcel:
    """One claimed delivery; ``secret_paths`` are those that sign it, newest first.

    At ``headers_path`` are the values of headers that nobody reads. ``held`` is the delivery as it was claimed:
    nobody else changes it while the lease runs.
    """

    delivery_id: WebhookDeliveryId
    subscription_id: WebhookSubscriptionId
    owner: str
    event_id: EventId
    topic: str
    attempt: int
    url: str = field(repr=False)
    extra_headers: Mapping[str, str] = field(repr=False)
    secret_paths: tuple[str, ...]
    headers_path: str | None = None
    body: bytes = field(repr=False)
    held: WebhookDelivery = field(repr=False, eq=False)

    def headers(self, keys: Iterable[bytes], timestamp: int, kept: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return all headers of an attempt at ``timestamp`` (Unix seconds), with those that were ``kept``."""
        return {
            **self.extra_headers,
            **(kept or {}),
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": self.event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(keys, self.event_id, timestamp, self.body),
            "x-scaicontrol-event": self.topic,
            "x-scaicontrol-delivery": self.delivery_id,
            "x-scaicontrol-attempt": str(self.attempt),
        }


@frozen
class Answered:
    """A parcel and what came of it."""

    parcel: Parcel
    answer: Answer


def parcel_of(
    delivery: WebhookDelivery, subscription: WebhookSubscription, body: bytes, owner: str, now: datetime
) -> Parcel:
    """Return what is sent for a delivery that ``owner`` has claimed."""
    return Parcel(
        delivery_id=delivery.id,
        subscription_id=subscription.id,
        owner=owner,
        event_id=delivery.event_id,
        topic=delivery.topic,
        attempt=delivery.attempts,
        url=subscription.terms.url,
        extra_headers=subscription.terms.headers,
        secret_paths=tuple(ref.path for ref in subscription.valid_secrets(now)),
        headers_path=subscription.kept_headers.path if subscription.kept_headers else None,
        body=body,
        held=delivery,
    )

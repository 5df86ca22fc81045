"""The states of webhook subscriptions and of their deliveries."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class WebhookStatus(StrEnum):
    """Whether a subscription gets anything."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DISPATCHED = "dispatched"
    DEAD = "dead"


WEBHOOK_LIFECYCLE: Lifecycle[WebhookStatus] = Lifecycle(
    name="webhook_subscription",
    initial=WebhookStatus.ACTIVE,
    edges={
        WebhookStatus.ACTIVE: frozenset({WebhookStatus.DISABLED}),
        WebhookStatus.DISABLED: frozenset({WebhookStatus.ACTIVE}),
    },
)

DELIVERY_LIFECYCLE: Lifecycle[DeliveryStatus] = Lifecycle(
    name="webhook_delivery",
    initial=DeliveryStatus.PENDING,
    edges={
        DeliveryStatus.PENDING: frozenset({DeliveryStatus.DISPATCHED, DeliveryStatus.DEAD}),
        DeliveryStatus.DISPATCHED: frozenset(),
        DeliveryStatus.DEAD: frozenset(),
    },
)

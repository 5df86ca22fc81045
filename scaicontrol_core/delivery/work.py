"""The unit of work of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from scaicontrol_core.tenancy.ports import TenancyWork

if TYPE_CHECKING:
    from scaicontrol_core.delivery.outbox_ports import Outbox
    from scaicontrol_core.delivery.ports import WebhookDeliveries, WebhookHealths, WebhookSubscriptions


class DeliveryWork(TenancyWork, Protocol):
    """A unit of work over webhooks and the outbox."""

    @property
    def webhook_subscriptions(self) -> WebhookSubscriptions:
        """The subscriptions within scope."""
        ...

    @property
    def webhook_healths(self) -> WebhookHealths:
        """How their receivers fare."""
        ...

    @property
    def webhook_deliveries(self) -> WebhookDeliveries:
        """The deliveries within scope."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The events."""
        ...

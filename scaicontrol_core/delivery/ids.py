"""Identifiers of delivery, which the kernel has with all others."""

from __future__ import annotations

from scaicontrol_core.kernel.ids import WebhookDeliveryId, WebhookSubscriptionId

__all__ = ["WebhookDeliveryId", "WebhookSubscriptionId"]

"""Identifiers of delivery."""

from __future__ import annotations

from typing import NewType

WebhookSubscriptionId = NewType("WebhookSubscriptionId", str)
WebhookDeliveryId = NewType("WebhookDeliveryId", str)

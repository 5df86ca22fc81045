"""Delivery: what happened is told to whoever asked for it, signed, in order, until it has arrived.

A commit writes events into the outbox. *Fan-out* gives each its place in the feed and one
delivery per webhook subscription that wants it; *delivery* claims those that are due, posts
them and notes the answer. Between claim and answer lies a lease: whoever dies there is followed
by another, who sends the same bytes under the same id.
"""

from scaicontrol_core.delivery.envelope import AggregateRef, Envelope
from scaicontrol_core.delivery.topic import Topic
from scaicontrol_core.delivery.topics import TOPICS
from scaicontrol_core.delivery.webhook_delivery import DeliveryAttempt, WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription

__all__ = [
    "TOPICS",
    "AggregateRef",
    "DeliveryAttempt",
    "Envelope",
    "Topic",
    "WebhookDelivery",
    "WebhookSubscription",
]

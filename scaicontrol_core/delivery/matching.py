"""Matching: which subscriptions an event is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.delivery.topic_patterns import covers
from scaicontrol_core.delivery.topics import TOPICS

if TYPE_CHECKING:
    from scaicontrol_core.delivery.envelope import Envelope
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription


def wants(subscription: WebhookSubscription, envelope: Envelope) -> bool:
    """Tell whether an active subscription is told of an event.

    A partner's subscription hears of its own partner's events and of no other's, whatever it asks for. A private
    event is for the one subscription that it is about.
    """
    if not subscription.is_active:
        return False
    topic = TOPICS.get(envelope.type)
    if topic is not None and topic.is_private:
        return envelope.aggregate.id == subscription.id
    terms = subscription.terms
    return (
        subscription.partner_id in (None, envelope.partner_id)
        and terms.only_partner_id in (None, envelope.partner_id)
        and terms.only_tenant_id in (None, envelope.tenant_id)
        and any(covers(pattern, envelope.type) for pattern in terms.topics)
    )

"""What is told of webhooks themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import frozen

from scaicontrol_core.delivery.payloads.payload import Payload


@frozen(kw_only=True)
class WebhookDisabled(Payload):
    """A receiver gets nothing any more."""

    webhook_subscription_id: str
    host: Annotated[str, "Where it would have gone; the whole address may be secret."]
    reason: Annotated[str, "gone (it answered 410), only_failures (for five days), or by_hand."]
    failing_since: datetime | None
    disabled_at: datetime


@frozen(kw_only=True)
class WebhookTest(Payload):
    """Somebody wants to see whether it arrives."""

    webhook_subscription_id: str
    sent_by: str
    message: str
    test_key: str

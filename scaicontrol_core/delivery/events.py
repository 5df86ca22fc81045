"""What happens to webhook subscriptions. Secrets, headers' values and whole URLs stand in none of them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class WebhookEvent(Event):
    """Something about a webhook subscription; ``changes`` say what."""

    resource_type: ClassVar[str] = "webhook_subscription"


@frozen(kw_only=True)
class WebhookSubscribed(WebhookEvent):
    """Somebody wants to be told."""

    action: ClassVar[str] = "webhook_subscription.created"


@frozen(kw_only=True)
class WebhookAmended(WebhookEvent):
    """Where to, what about or how changed."""

    action: ClassVar[str] = "webhook_subscription.updated"


@frozen(kw_only=True)
class WebhookSecretRotated(WebhookEvent):
    """It signs with a new secret; the old one is valid for a while."""

    action: ClassVar[str] = "webhook_subscription.secret_rotated"


@frozen(kw_only=True)
class WebhookEnabled(WebhookEvent):
    """It gets events again."""

    action: ClassVar[str] = "webhook_subscription.enabled"


@frozen(kw_only=True)
class WebhookDeleted(WebhookEvent):
    """Nobody wants to be told any more; its deliveries stay in the log for their time."""

    action: ClassVar[str] = "webhook_subscription.deleted"


@frozen(kw_only=True)
class WebhookReplayed(WebhookEvent):
    """Deliveries were sent once more."""

    action: ClassVar[str] = "webhook_subscription.replayed"

    what: str
    deliveries: int
    first_delivery_id: str

    @property
    def idempotency_key(self) -> str:
        """Name the first of the new deliveries."""
        return f"webhook_subscription:{self.resource_id}:replayed:{self.first_delivery_id}"


@frozen(kw_only=True)
class WebhookOwnerTold(WebhookEvent):
    """The owner has been written to that nothing is sent any more; only the audit log needs it."""

    action: ClassVar[str] = "webhook_subscription.owner_told"


@frozen(kw_only=True)
class WebhookDisabled(WebhookEvent):
    """It gets nothing any more, until somebody enables it."""

    action: ClassVar[str] = "webhook_subscription.disabled"
    topic: ClassVar[str | None] = "webhook.disabled.v1"

    webhook_subscription_id: str
    host: str
    reason: str
    failing_since: datetime | None
    disabled_at: datetime


@frozen(kw_only=True)
class WebhookTested(WebhookEvent):
    """A test, which goes to this subscription alone."""

    action: ClassVar[str] = "webhook_subscription.tested"
    topic: ClassVar[str | None] = "webhook.test.v1"

    webhook_subscription_id: str
    sent_by: str
    message: str
    test_key: str

    @property
    def idempotency_key(self) -> str:
        """Name the test."""
        return f"webhook_subscription:{self.resource_id}:tested:{self.test_key}"

"""What is refused about webhooks."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Forbidden, Invalid, Refused


class WebhookUrlRefused(Invalid):
    """Nothing is sent to this address: it is ours, or nobody's."""

    code = "webhook_url_refused"

    @classmethod
    def because(cls, reason: str, hint: str | None = None) -> WebhookUrlRefused:
        """Say why, without naming the address that a name leads to."""
        error = Invalid.field("/url", reason)
        return cls(error.message, fields=error.fields, hint=hint)


class WebhookDisabledAlready(Refused):
    """A disabled subscription gets nothing, tests and replays included."""

    code = "webhook_disabled"

    @classmethod
    def of(cls, subscription_id: str) -> WebhookDisabledAlready:
        """Name the subscription."""
        return cls(f"The webhook subscription {subscription_id} is disabled.", hint="Enable it first.")


class DeliveryUnderWay(Refused):
    """A delivery that is pending is sent anyway."""

    code = "webhook_delivery_pending"


class NotForTenants(Forbidden):
    """Webhooks belong to the platform and to partners."""

    code = "webhooks_not_for_tenants"

"""Mail to the owners of webhook subscriptions (port ``OwnerNotices``)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.delivery.webhook_subscription import DisableReason
from scaicontrol_core.documents.mail import Mail, MailRefused

if TYPE_CHECKING:
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
    from scaicontrol_core.documents.mail import MailSender

_WHY = {
    DisableReason.GONE: "The receiver answered 410 Gone.",
    DisableReason.ONLY_FAILURES: "For five days nothing arrived there.",
}
_WHAT_NOW = (
    "What happens meanwhile is kept. Once the receiver is well, enable the subscription: what waits is sent by itself."
)


@frozen
class MailedNotices:
    """Writes to ``owner_email`` by the channel of all other mail; where there is none, the event tells alone."""

    mail: MailSender

    async def disabled(self, subscription: WebhookSubscription) -> None:
        """Say that nothing is sent any more; the same key each time, so that asking twice sends one message.

        An address that the channel refuses for good is not tried again. Raises ``MailUnavailable``.
        """
        address, at, reason = subscription.terms.owner_email, subscription.disabled_at, subscription.disabled_reason
        if address is None or at is None or reason is None:
            return
        lines = (
            f"ScaiControl sends no more webhooks to {subscription.terms.host} (subscription {subscription.id}).",
            _WHY.get(reason, "It was disabled."),
            f"{_WHAT_NOW} Everything since {at:%Y-%m-%d %H:%M} UTC can be sent again.",
        )
        message = Mail(
            from_name="ScaiControl",
            reply_to=None,
            to=(address,),
            subject=f"Webhooks to {subscription.terms.host} are disabled",
            html="".join(f"<p>{escape(line)}</p>" for line in lines),
            text="\n\n".join(lines) + "\n",
            language="en",
            date=at,
            reference=subscription.id,
        )
        try:
            await self.mail.send(message, f"{subscription.id}.{subscription.disabled_count}")
        except MailRefused:
            return

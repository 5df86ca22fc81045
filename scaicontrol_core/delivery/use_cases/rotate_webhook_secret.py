"""Give a subscription a new secret."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.ports import Randomness
from scaicontrol_core.delivery.secret_keeping import IssuedSecret, forget_secrets, keep_secret, secret_or_new
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, ScaiControlError
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.secrets import Secrets
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory


@frozen
class RotateWebhookSecret:
    """Sign with a new secret from now on, and with the old one as well for the subscription's overlap.

    Raises ``NotFound``, ``Stale``, ``Invalid`` (``webhook_secret_invalid``), ``SecretsUnavailable``.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids
    secrets: Secrets
    randomness: Randomness
    retry: Retry

    async def __call__(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, secret: str | None = None
    ) -> IssuedSecret:
        """Return the subscription and the new secret, which is shown this once."""
        actor.require(Permission.ADMIN_BILLING)
        new = secret_or_new(secret, self.randomness)
        async with self.work.begin(actor, read_only=True) as work:
            await work.webhook_subscriptions.get(subscription_id)
        path = await keep_secret(self.secrets, subscription_id, self.ids.new("sec"), new)
        try:
            subscription, dropped = await self.retry(lambda: self._write(actor, subscription_id, path))
        except CommitUnknown:
            raise
        except ScaiControlError:
            await self.secrets.delete(path)
            raise
        await forget_secrets(self.secrets, dropped)
        return IssuedSecret(subscription, new)

    async def _write(
        self, actor: Actor, subscription_id: WebhookSubscriptionId, path: str
    ) -> tuple[WebhookSubscription, tuple[str, ...]]:
        async with self.work.begin(actor) as work:
            subscription = await work.webhook_subscriptions.get(subscription_id)
            dropped = subscription.rotate(path, self.clock.now())
            await work.webhook_subscriptions.save(subscription)
            await work.commit()
        return subscription, dropped

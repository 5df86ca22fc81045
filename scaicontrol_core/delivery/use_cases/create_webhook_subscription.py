"""Subscribe to events."""

from __future__ import annotations

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.health import WebhookHealth
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.ownership import owner_of, require_filters
from scaicontrol_core.delivery.ports import Destinations, Randomness
from scaicontrol_core.delivery.secret_keeping import (
    IssuedSecret,
    NewWebhookSubscription,
    forget_secrets,
    keep_headers,
    keep_secret,
    secret_or_new,
)
from scaicontrol_core.delivery.webhook_subscription import KeptHeaders, SecretRef, WebhookSubscription
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, ScaiControlError
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.secrets import Secrets
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory


@frozen
class CreateWebhookSubscription:
    """Write down where to send what, and make a secret for it, which is shown this once.

    A partner's administrator subscribes for that partner. Raises ``Invalid`` (``webhook_url_refused``,
    ``webhook_secret_invalid``), ``NotFound`` for a partner or tenant that a filter names, ``SecretsUnavailable``.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids
    secrets: Secrets
    randomness: Randomness
    destinations: Destinations
    retry: Retry

    async def __call__(self, actor: Actor, command: NewWebhookSubscription) -> IssuedSecret:
        """Return the subscription and its secret."""
        actor.require(Permission.ADMIN_BILLING)
        await self.destinations.require(command.terms.url)
        secret = secret_or_new(command.secret, self.randomness)
        subscription_id = WebhookSubscriptionId(self.ids.new("whs"))
        path = await keep_secret(self.secrets, subscription_id, self.ids.new("sec"), secret)
        kept = await keep_headers(self.secrets, subscription_id, self.ids.new("hdr"), command.terms.headers)
        try:
            subscription = await self.retry(lambda: self._write(actor, command, subscription_id, path, kept))
        except CommitUnknown:
            raise
        except ScaiControlError:
            await forget_secrets(self.secrets, [path, *([kept.path] if kept else [])])
            raise
        return IssuedSecret(subscription, secret)

    async def _write(
        self,
        actor: Actor,
        command: NewWebhookSubscription,
        subscription_id: WebhookSubscriptionId,
        path: str,
        kept: KeptHeaders | None,
    ) -> WebhookSubscription:
        now, owner = self.clock.now(), owner_of(actor, command.partner_id)
        async with self.work.begin(actor) as work:
            await require_filters(work, owner, command.terms)
            subscription = WebhookSubscription(
                id=subscription_id,
                partner_id=owner,
                terms=evolve(command.terms, headers={}),
                secrets=(SecretRef(path),),
                kept_headers=kept,
                created_at=now,
                updated_at=now,
            ).record_creation()
            await work.webhook_subscriptions.add(subscription)
            await work.webhook_healths.add(WebhookHealth(subscription_id=subscription_id, partner_id=owner))
            await work.commit()
        return subscription

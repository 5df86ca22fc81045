"""Change where a subscription sends, what about, or how."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.ownership import require_filters
from scaicontrol_core.delivery.ports import Destinations
from scaicontrol_core.delivery.secret_keeping import forget_secrets, headers_of, keep_headers
from scaicontrol_core.delivery.webhook_subscription import KeptHeaders, WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookChanges
from scaicontrol_core.delivery.work import DeliveryWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.editing import UNSET, Unset, require_version
from scaicontrol_core.kernel.errors import CommitUnknown, ScaiControlError
from scaicontrol_core.kernel.ids import Ids
from scaicontrol_core.kernel.secrets import SecretNotFound, Secrets, SecretsDamaged
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory


@frozen
class UpdateWebhookSubscription:
    """Apply a partial change; another URL begins with a clean slate. New headers replace all there were.

    Raises ``NotFound``, ``Stale``, ``Invalid`` (``webhook_url_refused`` among others), and ``SecretsUnavailable``
    where headers are to be kept.
    """

    work: UnitOfWorkFactory[DeliveryWork]
    clock: Clock
    ids: Ids
    secrets: Secrets
    destinations: Destinations
    retry: Retry

    async def __call__(
        self,
        actor: Actor,
        subscription_id: WebhookSubscriptionId,
        changes: WebhookChanges,
        expected_version: int | None = None,
    ) -> WebhookSubscription:
        """Return the subscription as it is now."""
        actor.require(Permission.ADMIN_BILLING)
        if changes.url is not UNSET:
            await self.destinations.require(changes.url)
        async with self.work.begin(actor, read_only=True) as work:
            before = await work.webhook_subscriptions.get(subscription_id)
            require_version(expected_version, before.version)
        kept = await self._kept(before, changes)
        try:
            subscription = await self.retry(lambda: self._write(actor, before, changes, kept, expected_version))
        except CommitUnknown:
            raise
        except ScaiControlError:
            await forget_secrets(self.secrets, [kept.path] if isinstance(kept, KeptHeaders) else [])
            raise
        await forget_secrets(
            self.secrets, [each for each in before.secret_paths if each not in subscription.secret_paths]
        )
        return subscription

    async def _kept(self, before: WebhookSubscription, changes: WebhookChanges) -> KeptHeaders | Unset | None:
        """Keep the headers that are given; the same as there are change nothing."""
        terms = before.terms.amended(changes)  # refuses what is wrong before anything is kept
        if changes.headers is UNSET:
            return UNSET
        if before.kept_headers is not None and await self._present(before.kept_headers) == terms.headers:
            return UNSET
        return await keep_headers(self.secrets, before.id, self.ids.new("hdr"), terms.headers)

    async def _present(self, kept: KeptHeaders) -> Mapping[str, str] | None:
        try:
            return headers_of((await self.secrets.get(kept.path)).value)
        except (SecretNotFound, SecretsDamaged):
            return None  # lost: whoever gives them anew mends it

    async def _write(
        self,
        actor: Actor,
        before: WebhookSubscription,
        changes: WebhookChanges,
        kept: KeptHeaders | Unset | None,
        expected_version: int | None,
    ) -> WebhookSubscription:
        async with self.work.begin(actor) as work:
            subscription = await work.webhook_subscriptions.get(before.id)
            require_version(expected_version, subscription.version)
            elsewhere = subscription.amend(evolve(changes, headers=UNSET), self.clock.now(), kept)
            if subscription.has_changed:
                await require_filters(work, subscription.partner_id, subscription.terms)
                await work.webhook_subscriptions.save(subscription)
                if elsewhere:
                    health = (await work.webhook_healths.of([subscription.id]))[subscription.id]
                    await work.webhook_healths.save_each([health.renewed()])
                await work.commit()
        return subscription

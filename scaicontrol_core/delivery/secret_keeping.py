"""The secrets of webhook subscriptions: kept in the secret store, shown once, named by their paths in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.delivery.signature import KEY_BYTES, key_of, secret_of
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.secrets import SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.ports import Randomness
    from scaicontrol_core.kernel.secrets import Secrets

FOLDER = "webhooks"


@frozen(kw_only=True)
class NewWebhookSubscription:
    """The wish for a subscription: its terms, and whose it is (None: the caller's own).

    ``secret``: one that the receiver knows already, when it moves here from elsewhere; None makes a new one.
    """

    terms: WebhookTerms
    partner_id: PartnerId | None = None
    secret: str | None = field(default=None, repr=False)


@frozen
class IssuedSecret:
    """A subscription and its new secret, which nobody can read again."""

    subscription: WebhookSubscription
    secret: str = field(repr=False)


def secret_or_new(secret: str | None, randomness: Randomness) -> str:
    """Return a given secret, if it is one (else ``Invalid``, ``webhook_secret_invalid``), or a new one."""
    if secret is None:
        return secret_of(randomness.key(KEY_BYTES))
    key_of(secret)
    return secret


async def keep_secret(secrets: Secrets, subscription_id: WebhookSubscriptionId, name: str, secret: str) -> str:
    """Keep a secret and return its path."""
    path = f"{FOLDER}/{subscription_id}/{name}"
    await secrets.put(path, secret)
    return path


async def forget_secrets(secrets: Secrets, paths: Sequence[str]) -> None:
    """Delete secrets that nothing is signed with any more; what the store does not delete today does no harm."""
    for path in paths:
        try:
            await secrets.delete(path)
        except SecretsUnavailable:
            return

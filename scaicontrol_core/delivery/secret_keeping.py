"""The secrets of webhook subscriptions: kept in the secret store, shown once, named by their paths in the row."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.delivery.signature import KEY_BYTES, key_of, secret_of
from scaicontrol_core.delivery.webhook_subscription import KeptHeaders, WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import PartnerId, milliseconds_of
from scaicontrol_core.kernel.secrets import SecretsDamaged, SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.delivery.ids import WebhookSubscriptionId
    from scaicontrol_core.delivery.ports import Randomness
    from scaicontrol_core.kernel.secrets import Secrets

FOLDER = "webhooks"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Later than any identifier of ours, and still a date.
_LATEST = 2**47


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


async def keep_headers(
    secrets: Secrets, subscription_id: WebhookSubscriptionId, name: str, headers: Mapping[str, str]
) -> KeptHeaders | None:
    """Keep the values of headers, all together under one path; None if there are none."""
    if not headers:
        return None
    path = f"{FOLDER}/{subscription_id}/{name}"
    await secrets.put(path, json.dumps(dict(headers)))
    return KeptHeaders(path, tuple(sorted(headers)))


def headers_of(text: str) -> dict[str, str]:
    """Return the headers that were kept as this text; ``SecretsDamaged`` if it is none of ours."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise SecretsDamaged("What is kept as a webhook's headers is none.")
    return found


def made_at(path: str) -> datetime | None:
    """Return when what a path names was made; None unless it is a subscription's."""
    folder, _, rest = path.partition("/")
    subscription_id, _, name = rest.partition("/")
    made, owned = milliseconds_of(name), milliseconds_of(subscription_id)
    if folder != FOLDER or made is None or owned is None or made > _LATEST:
        return None
    return _EPOCH + timedelta(milliseconds=made)


async def forget_secrets(secrets: Secrets, paths: Sequence[str]) -> None:
    """Delete secrets that nothing is signed with any more; what the store does not delete today does no harm."""
    for path in paths:
        try:
            await secrets.delete(path)
        except SecretsUnavailable:
            return

"""Routes of webhooks: ``/admin/webhook-subscriptions``. Deliveries and the feed of events stand beside."""

from __future__ import annotations

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from scaicontrol_core.audit import subject
from scaicontrol_core.audit.ports import ENTRIES
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.lifecycle import WebhookStatus
from scaicontrol_core.delivery.ports import WEBHOOK_SORTING, SubscriptionFilter
from scaicontrol_core.delivery.secret_keeping import IssuedSecret
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription
from scaicontrol_core.delivery.use_cases.disable_webhook_subscription import DisableWebhookSubscription
from scaicontrol_core.delivery.use_cases.enable_webhook_subscription import EnableWebhookSubscription
from scaicontrol_core.delivery.use_cases.get_webhook_subscription import GetWebhookSubscription
from scaicontrol_core.delivery.use_cases.list_webhook_subscriptions import ListWebhookSubscriptions
from scaicontrol_core.delivery.use_cases.rotate_webhook_secret import RotateWebhookSecret
from scaicontrol_core.delivery.use_cases.update_webhook_subscription import UpdateWebhookSubscription
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.idempotency import TOLD_ONCE
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING
from scaicontrol_http.webhooks import deliveries, feed
from scaicontrol_http.webhooks.bodies import NewSecretBody, NewWebhookBody, WebhookPatch
from scaicontrol_http.webhooks.schemas import IssuedSecretAnswer, WebhookAnswer, WebhookStandingAnswer

_TAG = "Admin: webhooks"
_ALL = "/admin/webhook-subscriptions"
_ONE = f"{_ALL}/{{webhook_id:str}}"
_SECRET = {"idempotent": True, TOLD_ONCE: ("secret",)}
#: No cache on the way keeps a secret.
_NOT_KEPT = {"Cache-Control": "no-store"}
_status = choice(WebhookStatus)


@get(_ALL, tags=[_TAG], summary="List webhook subscriptions", opt={SORTING: WEBHOOK_SORTING})
async def list_webhooks(
    container: Container,
    actor: Actor,
    page: PageRequest,
    status: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
) -> Listing[WebhookStandingAnswer]:
    """Subscriptions within the caller's scope, each with how its receiver fares and what waits for it."""
    wanted = SubscriptionFilter(
        status=_status(status, "/status") if status else None, partner_id=PartnerId(partner_id) if partner_id else None
    )
    return listing(await container.use(ListWebhookSubscriptions)(actor, page, wanted), WebhookStandingAnswer.of)


@post(_ALL, tags=[_TAG], summary="Subscribe to events", opt=_SECRET)
async def create_webhook(
    container: Container, actor: Actor, data: JSONBody[NewWebhookBody]
) -> Response[IssuedSecretAnswer]:
    """Tell a receiver of events from now on. `secret` signs them, and is shown this once.

    A repeat under the same `Idempotency-Key` has `secret: null`: it is kept nowhere but in the secret store. Whoever
    lost it rotates it.
    """
    return _issued(await container.use(CreateWebhookSubscription)(actor, data.wanted()), 201)


@get(_ONE, tags=[_TAG], summary="Show a webhook subscription")
async def get_webhook(container: Container, actor: Actor, webhook_id: FromPath[str]) -> Response[WebhookStandingAnswer]:
    """One subscription, how its receiver fares, and what waits for it or was given up."""
    found = await container.use(GetWebhookSubscription)(actor, WebhookSubscriptionId(webhook_id))
    shown = WebhookStandingAnswer.of(found)
    return Response(shown, headers=etag(found.subscription.version, shown))


@patch(_ONE, tags=[_TAG], summary="Change a webhook subscription")
async def update_webhook(
    container: Container,
    actor: Actor,
    webhook_id: FromPath[str],
    data: JSONBody[WebhookPatch],
    expected_version: ExpectedVersion,
) -> Response[WebhookAnswer]:
    """Send elsewhere, about something else, or in another way; another URL begins with a clean slate."""
    update = container.use(UpdateWebhookSubscription)
    changed = await update(actor, WebhookSubscriptionId(webhook_id), data.changes(), expected_version)
    return Response(WebhookAnswer.of(changed), headers=etag(changed.version))


@delete(_ONE, tags=[_TAG], summary="Delete a webhook subscription")
async def delete_webhook(
    container: Container, actor: Actor, webhook_id: FromPath[str], expected_version: ExpectedVersion
) -> None:
    """Tell the receiver nothing any more: what is pending is dead, and the secrets are gone. The log stays."""
    await container.use(DeleteWebhookSubscription)(actor, WebhookSubscriptionId(webhook_id), expected_version)


@post(f"{_ONE}/rotate-secret", tags=[_TAG], summary="Rotate the secret", status_code=200, opt=_SECRET)
async def rotate_secret(
    container: Container, actor: Actor, webhook_id: FromPath[str], data: JSONBody[NewSecretBody | None] = None
) -> Response[IssuedSecretAnswer]:
    """Sign with a new secret, shown this once, and with the old one as well for the subscription's overlap."""
    given = (data or NewSecretBody()).secret
    return _issued(await container.use(RotateWebhookSecret)(actor, WebhookSubscriptionId(webhook_id), given), 200)


@post(f"{_ONE}/enable", tags=[_TAG], summary="Enable it", status_code=200, opt={"idempotent": True})
async def enable_webhook(
    container: Container, actor: Actor, webhook_id: FromPath[str], expected_version: ExpectedVersion
) -> Response[WebhookAnswer]:
    """Send again, what was pending first; `replay-since` sends what happened meanwhile."""
    enable = container.use(EnableWebhookSubscription)
    enabled = await enable(actor, WebhookSubscriptionId(webhook_id), expected_version)
    return Response(WebhookAnswer.of(enabled), headers=etag(enabled.version))


@post(f"{_ONE}/disable", tags=[_TAG], summary="Disable it", status_code=200, opt={"idempotent": True})
async def disable_webhook(
    container: Container, actor: Actor, webhook_id: FromPath[str], expected_version: ExpectedVersion
) -> Response[WebhookAnswer]:
    """Send nothing until somebody enables it; events of that time are not queued for it."""
    disable = container.use(DisableWebhookSubscription)
    disabled = await disable(actor, WebhookSubscriptionId(webhook_id), expected_version)
    return Response(WebhookAnswer.of(disabled), headers=etag(disabled.version))


@get(f"{_ONE}/history", tags=[_TAG], summary="Show its history", opt={SORTING: ENTRIES})
async def webhook_history(
    container: Container, actor: Actor, page: PageRequest, webhook_id: FromPath[str]
) -> Listing[AuditEntryAnswer]:
    """What was done to a subscription, newest first; of URLs, headers and secrets no more than that they changed."""
    read = container.use(ReadHistory)
    return listing(await read(actor, subject.WEBHOOK_SUBSCRIPTION, webhook_id, page), AuditEntryAnswer.of)


def _issued(issued: IssuedSecret, status: int) -> Response[IssuedSecretAnswer]:
    return Response(
        IssuedSecretAnswer.of(issued), status_code=status, headers=etag(issued.subscription.version) | _NOT_KEPT
    )


ROUTES = (
    list_webhooks,
    create_webhook,
    get_webhook,
    update_webhook,
    delete_webhook,
    rotate_secret,
    enable_webhook,
    disable_webhook,
    webhook_history,
    *deliveries.ROUTES,
    *feed.ROUTES,
)
